"""What distillation=auto is worth on data that its rules were not made from.

    python benchmarks/automatic.py [--seeds 1,2,3] [--many-items]

Trains the student alone, with the default method and with the one that the rules choose, on
MovieLens latest-small, on made-up data and on further splits of MovieLens 100K, and writes
benchmarks/results/automatic.md; with --many-items on made-up catalogues that are too large for
EASE, and writes automatic_many_items.md. Runs are kept in outputs/automatic/.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fits import values_of_users
from machine import keep
from rankdistill.evaluation.gap import gap_of
from rankdistill.evaluation.multiple_tests import holm
from rankdistill.evaluation.significance import paired_test
from rankdistill.reporting.wording import decimal, p_value, percentage
from rankdistill.runs.chosen_method import with_chosen_method
from rankdistill.runs.fit import METRICS
from rankdistill.runs.models import make_datamodule
from rankdistill.runs.seeding import with_seed
from rankdistill.runs.teacher_store import obtain_teacher
from rankdistill.tuning.quiet import quiet
from sections import copy_records
from seeded_fits import fitted, settings_of

OUTPUTS = Path("outputs/automatic")
SHOWN = ("map@5", "ndcg@10")
MANY_ITEMS = ("data=synthetic", "data.num_items=12000", "data.num_users=2000", "data.rank=32")
FEW_INTERACTIONS, MANY_INTERACTIONS = (
    f"data.num_interactions={count}" for count in (150_000, 600_000)
)
PANELS = {
    "latest-small, d = 10": ("data=ml_latest_small", "size=d10"),
    "latest-small, d = 2": ("data=ml_latest_small", "size=d2"),
    "made up, d = 10": ("data=synthetic", "size=d10"),
    "made up, d = 2": ("data=synthetic", "size=d2"),
    "latest-small, BPR, d = 10": ("data=ml_latest_small", "size=d10", "ranking_loss=bpr"),
    "100K, split 101, d = 2": ("seed.split=101", "size=d2"),
    "100K, split 202, d = 2": ("seed.split=202", "size=d2"),
    "100K, split 303, d = 2": ("seed.split=303", "size=d2"),
}
LARGE_PANELS = {
    "12,000 items, 150,000 interactions, d = 10": (*MANY_ITEMS, FEW_INTERACTIONS, "size=d10"),
    "12,000 items, 600,000 interactions, d = 10": (*MANY_ITEMS, MANY_INTERACTIONS, "size=d10"),
    "12,000 items, 600,000 interactions, BPR, d = 10": (
        *(*MANY_ITEMS, MANY_INTERACTIONS, "size=d10"),
        "ranking_loss=bpr",
    ),
}
TEACHER, ALONE, ALONE_BY_RULE = "teacher", "student alone", "student alone, steps of auto"


def main() -> None:
    """Train what is missing, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--many-items", action="store_true")
    arguments = parser.parse_args()
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    quiet()
    lines = [
        "| data and student | model | learned by | MAP@5 | NDCG@10 | gap closed [95%] | p vs alone "
        "(Holm) |",
        "|---|---|---|--:|--:|--:|--:|",
    ]
    panels = LARGE_PANELS if arguments.many_items else PANELS
    for panel, settings in panels.items():
        lines += _panel(panel, settings, seeds)
    heading = (
        f"Seeds {arguments.seeds}; gap and p are of NDCG@10, against the student alone that is "
        "trained with equal steps."
    )
    keep("automatic_many_items" if arguments.many_items else "automatic", [heading, "", *lines])
    copy_records()


def _panel(panel: str, settings: tuple[str, ...], seeds: Sequence[int]) -> list[str]:
    folder = OUTPUTS / panel.replace(", ", "-").replace(" ", "")
    cfg = settings_of(settings)
    datamodule = make_datamodule(cfg)
    train = datamodule.split.train
    by_rule = with_chosen_method(settings_of((*settings, "distillation=auto")), train)
    runs = {
        TEACHER: [
            obtain_teacher(with_seed(cfg, seed), datamodule, "teacher").folder for seed in seeds
        ],
        ALONE: fitted(cfg, seeds, datamodule, folder / "alone", alone=True),
        "default": fitted(cfg, seeds, datamodule, folder / "default"),
    }
    compared = {"default": ALONE, "auto": ALONE}
    if by_rule.training != cfg.training:
        runs[ALONE_BY_RULE] = fitted(
            by_rule, seeds, datamodule, folder / "alone_by_rule", alone=True
        )
        compared["auto"] = ALONE_BY_RULE
    runs["auto"] = fitted(by_rule, seeds, datamodule, folder / "auto")
    values = {model: values_of_users(folders, "ndcg@10") for model, folders in runs.items()}
    tests = [paired_test(values[model], values[other]) for model, other in compared.items()]
    adjusted = dict(zip(compared, holm([test.p_value for test in tests]), strict=True))
    lines = []
    for model, folders in runs.items():
        cells = [panel, model, _learned_by(folders[0])]
        cells += [_mean(folders, metric) for metric in SHOWN]
        if model in compared:
            gap = gap_of(values[TEACHER], values[compared[model]], values[model])
            cells += [_closed(gap), p_value(adjusted[model])]
        else:
            cells += ["-", "-"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _mean(folders: Sequence[Path], metric: str) -> str:
    values = [_fields(folder)["metrics"][f"test/{metric}"] for folder in folders]
    spread = f" ± {decimal(float(np.std(values, ddof=1)))}" if len(values) > 1 else ""
    return f"{decimal(float(np.mean(values)))}{spread}"


def _learned_by(folder: Path) -> str:
    told = _fields(folder).get("distillation")
    if told is None:
        return "-"
    return f"`{'`, `'.join(told['methods'])}`, alpha {told['alpha']:g}, K {told['top_k']}"


def _closed(gap: dict[str, Any]) -> str:
    if gap["reason"] is not None:
        return f"none: {gap['reason']}"
    return "{} [{}, {}]".format(*(percentage(gap[key]) for key in ("value", "ci_low", "ci_high")))


def _fields(folder: Path) -> dict[str, Any]:
    return json.loads((folder / METRICS).read_text())


if __name__ == "__main__":
    main()
