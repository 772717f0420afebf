"""Rank for users whom training never saw: each kind of model, on split=new_users.

    python benchmarks/new_users.py [--data ml_100k] [--seeds 1,2,3,4,5] [--pairs PATH]

Trains what is not in outputs/new_users yet, one split for each seed, and writes
benchmarks/results/new_users.json and new_users.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from machine import RESULTS, keep
from rankdistill.backbones.histories import Histories
from rankdistill.backbones.interface import Backbone
from rankdistill.config.tune import TuneConfig
from rankdistill.data.batches import EvaluationBlocks
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.data.parting import Split
from rankdistill.files import write_json_atomically
from rankdistill.metrics.functional import per_user_metrics
from rankdistill.metrics.hits import rank_hits
from rankdistill.modules.block_scores import score_block
from rankdistill.modules.ranker import Ranker
from rankdistill.reporting.wording import decimal
from rankdistill.runs.fit import METRICS, fit_and_test
from rankdistill.runs.models import make_datamodule, make_model, make_student
from rankdistill.runs.teacher_store import obtain_teacher
from rankdistill.tuning.recipe import Recipe, seeded
from sections import copy_records

OUTPUTS = Path("outputs/new_users")
METRIC = "ndcg@10"
SHARED = (
    "study=new_users",
    "split=new_users",
    "trainer.progress=false",
    f"evaluation.monitor=val/{METRIC}",
    f"teacher.store={OUTPUTS / 'teachers'}",
)
TAUGHT = ("experiment=fism_d16", "teacher=ease")
FACTORS = ("ranking_loss=softmax", "size=d16", "teacher=ease")
OF_SOFTMAX_ON_1M = (
    "training.learning_rate=0.005",
    "training.weight_decay=0.00002",
    "training.batch_size=256",
    "backbone.init_std=0.03",
)
"""Those of softmax_d100_ml_1m, chosen on validation."""
CHOSEN = {
    ("ml_1m", "folded"): OF_SOFTMAX_ON_1M,
    ("ml_1m", "trained_in"): OF_SOFTMAX_ON_1M,
    ("ml_1m", "fism_taught"): (
        "training.decay_epochs=100",
        "backbone.history_dropout=0.02",
        "distillation.initialization.scale=5.0",
        "storage=int8",
    ),
}
"""Settings by data and model, chosen in some trials on the validation users of one split."""
NAMES = {
    "popularity": "popularity",
    "ease": "EASE",
    "fism": "FISM of 16, alone",
    "fism_taught": "FISM of 16, taught by EASE",
    "folded": "factorisation of 16, new users folded in",
    "trained_in": "factorisation of 16, with their histories in training",
    "lightgcn": "LightGCN of 16, new users propagated",
}


class Popularity(Backbone):
    """Give every user the items with the most training users first."""

    def __init__(self, counts: Tensor):
        super().__init__()
        self.counts = counts

    def forward(self, user_ids: Tensor, item_ids: Tensor) -> Tensor:
        """Count the users of items."""
        return self.counts[item_ids]

    def score_rows(self, user_ids: Tensor) -> Tensor:
        """Count the users of all items."""
        return self.counts.repeat(len(user_ids), 1)

    def score_histories(self, histories: Histories) -> Tensor:
        """Count the users of all items."""
        return self.counts.repeat(len(histories.lengths), 1)


def of_popularity(datamodule: InteractionsDataModule) -> dict[str, float]:
    """Measure popularity on both held-out parts."""
    split = datamodule.split
    counts = torch.bincount(split.train.item_ids, minlength=split.train.num_items).float()
    # Ties count against a model: what has as many users goes by its number.
    network = Popularity(counts - torch.arange(len(counts)) / (2 * len(counts)))
    parts = {
        "val": (split.told, split.validation),
        "test": (datamodule.seen_at_test(torch.device("cpu")), split.test),
    }
    found = {}
    for name, (seen, held_out) in parts.items():
        blocks = EvaluationBlocks(seen, held_out, datamodule.user_block, history=split.history)
        values = []
        for block in blocks:
            scores = score_block(network, block, seen.num_items)
            scores[block.seen_rows, block.seen_items] = -torch.inf
            hits = rank_hits(scores, block.held_out_rows, block.held_out_items, 10)
            values.append(per_user_metrics(hits, block.num_held_out, ["ndcg"], [10])[METRIC])
        found[f"{name}/{METRIC}"] = float(torch.cat(values).mean())
    return found


def measured(data: str, source: tuple[str, ...], model: str, seed: int) -> dict[str, float]:
    """Train and test a model on the split of a seed, or find what was measured."""
    folder = OUTPUTS / data / model / f"seed-{seed}"
    if not (folder / METRICS).exists():
        train((*source, *CHOSEN.get((data, model), ())), model, seed, folder)
    metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))["metrics"]
    return {key: metrics[key] for key in (f"val/{METRIC}", f"test/{METRIC}")}


def train(source: tuple[str, ...], model: str, seed: int, folder: Path) -> None:
    """Train and test a model, or popularity, and write its folder."""
    choice = TAUGHT if model.startswith("fism") else FACTORS
    backbone = ("backbone=lightgcn",) if model == "lightgcn" else ()
    overrides = (*choice, *backbone, *source, f"seed.split={seed}", *SHARED)
    cfg = seeded(Recipe("tune", (), overrides).settings(), seed)
    datamodule = make_datamodule(cfg)
    if model == "popularity":
        folder.mkdir(parents=True, exist_ok=True)
        write_json_atomically(folder / METRICS, {"metrics": of_popularity(datamodule)})
    elif model == "ease":
        result = obtain_teacher(cfg, datamodule, "teacher").result
        assert result is not None
        folder.mkdir(parents=True, exist_ok=True)
        write_json_atomically(folder / METRICS, result.fields)
    else:
        fit(cfg, datamodule, model, folder)


def fit(cfg: TuneConfig, datamodule: InteractionsDataModule, model: str, folder: Path) -> None:
    """Train and test a network."""
    make: Callable[[], Ranker] = lambda: make_student(cfg, datamodule)  # noqa: E731
    if model == "fism_taught":
        teacher = obtain_teacher(cfg, datamodule, "teacher").backbone
        make = lambda: make_model(cfg, datamodule, teacher)  # noqa: E731
    if model == "trained_in":
        split = datamodule.split
        datamodule.split = Split(split.told, split.validation, split.test)
    monitor, bits = cfg.evaluation.monitor, cfg.storage.bits
    fit_and_test(make(), datamodule, cfg.trainer, monitor, cfg.seed, folder, model, bits)


def table(found: dict[str, dict[str, list[float]]]) -> list[str]:
    """Make a row for each model: mean and deviation over splits, beside EASE."""
    columns = [f"{data} ({len(found[data]['ease'])} splits) | of EASE's" for data in found]
    lines = [
        f"| NDCG@10 | {' | '.join(columns)} |",
        f"|---|{'--:|--:|' * len(found)}",
    ]
    for model, name in NAMES.items():
        cells = []
        for values in found.values():
            own, ease = np.array(values[model]), np.array(values["ease"])
            spread = decimal(float(own.std(ddof=1)) if len(own) > 1 else 0.0)
            cells += [
                f"{decimal(float(own.mean()))} ± {spread}",
                f"{own.mean() / ease.mean():.1%}",
            ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Measure what is missing, and write the records and the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="ml_100k")
    parser.add_argument("--seeds", default="1,2,3,4,5")
    parser.add_argument("--pairs", help="a file of (user, item) pairs in the release's place")
    arguments = parser.parse_args()
    source = (f"data={arguments.data}",)
    if arguments.pairs is not None:
        source = ("data=delimited", f"data.path={arguments.pairs}", f"data.name={arguments.data}")
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    record = RESULTS / "new_users.json"
    found = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    values: dict[str, list[float]] = {
        model: [measured(arguments.data, source, model, seed)[f"test/{METRIC}"] for seed in seeds]
        for model in NAMES
    }
    found[arguments.data] = values
    write_json_atomically(record, found)
    shares = [
        f"On {data} fold-in reaches "
        f"{np.mean(of_data['folded']) / np.mean(of_data['trained_in']):.1%} of the value of users "
        "whose histories are trained on."
        for data, of_data in found.items()
    ]
    keep("new_users", [*table(found), "", *shares])
    copy_records()


if __name__ == "__main__":
    main()
