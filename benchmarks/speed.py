"""Speed: a distilled epoch against a plain one, and evaluation against bare matrix product.

    python benchmarks/speed.py [data=ml_100k ...]

All candidates take turns in one process, so that a drift of the machine's speed meets all alike.
Arguments are overrides of `rankdistill train`.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from hydra import compose, initialize_config_dir

from machine import keep
from rankdistill.commands.quiet import quiet_lightning
from rankdistill.conf_path import conf_dir
from rankdistill.config import to_primitives
from rankdistill.data.batches import EvaluationBlocks
from rankdistill.metrics.hits import rank_hits
from rankdistill.metrics.means import RankingMetrics
from rankdistill.runs.fit import make_trainer
from rankdistill.runs.models import make_datamodule, make_model
from rankdistill.runs.teacher_store import obtain_teacher

STUDENTS = {
    "student": ["module=student"],
    "ranking, position": ["weighting=position"],
    "ranking, hybrid, exact rank": ["distillation.weighting.warmup_epochs=0"],
    "ranking, hybrid, sampled rank": [
        "student_rank=sampled",
        "distillation.weighting.warmup_epochs=0",
    ],
    "soft_targets": ["distillation=[soft_targets]"],
    "plackett_luce": ["distillation=[plackett_luce]"],
    "plackett_luce, item side": [
        "distillation=[plackett_luce]",
        "distillation.methods.plackett_luce.item_side=true",
    ],
    "collaborative": ["distillation=[collaborative]"],
    "unbiased": ["distillation=[unbiased]"],
    "rejuvenated_cross_entropy": ["distillation=[rejuvenated_cross_entropy]"],
    "dual_correction": ["distillation=[dual_correction]"],
    "plackett_luce, dual_correction": ["distillation=[plackett_luce,dual_correction]"],
    "experts": ["distillation=[experts]"],
    "topology": ["distillation=[topology]"],
    "topology, full": ["distillation=[topology]", "distillation.methods.topology.form=full"],
}
EPOCHS, TURNS = 4, 5


class EpochTimes(pl.Callback):
    """Seconds of every training epoch, validation not counted."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock; the module's own work at the start of an epoch comes after."""
        self.start = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop it."""
        self.seconds.append(time.perf_counter() - self.start)


def configuration(overrides: list[str]) -> dict[str, Any]:
    """The checked configuration of `rankdistill train`."""
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        return to_primitives(compose("train", ["trainer.progress=false", *overrides]))


def epoch_seconds(cfg: dict[str, Any], datamodule: Any, teacher: Any) -> list[float]:
    """Fit for a few epochs and time all but the first."""
    times = EpochTimes()
    with tempfile.TemporaryDirectory() as folder:
        config = {**cfg["trainer"], "max_epochs": EPOCHS}
        trainer = make_trainer(config, cfg["evaluation"]["monitor"], Path(folder), "")
        trainer.callbacks.insert(0, times)  # pyright: ignore[reportAttributeAccessIssue]
        trainer.fit(make_model(cfg, datamodule, teacher), datamodule=datamodule)
    return times.seconds[1:]


def epochs(overrides: list[str]) -> list[str]:
    """Table: a training epoch of each student, and its ratio to the plain one."""
    lines = ["| ranking loss | d | student | epoch (ms) | ratio |", "|---|--:|---|--:|--:|"]
    for loss in ("bpr", "softmax"):
        for size in ("d2", "d10"):
            chosen = [f"ranking_loss={loss}", f"size={size}", *overrides]
            configs = {name: configuration(chosen + o) for name, o in STUDENTS.items()}
            first = configs["soft_targets"]
            datamodule = make_datamodule(first)
            teacher = obtain_teacher(first, datamodule, "teacher").backbone
            taken: dict[str, list[float]] = {name: [] for name in configs}
            for _ in range(TURNS):
                for name, cfg in configs.items():
                    of = None if name == "student" else teacher
                    taken[name] += epoch_seconds(cfg, datamodule, of)
            plain = statistics.median(taken["student"])
            for name, seconds in taken.items():
                median = statistics.median(seconds)
                row = (loss, size[1:], name, f"{1e3 * median:.0f}", f"{median / plain:.2f}")
                lines.append(f"| {' | '.join(row)} |")
    return lines


def evaluation(overrides: list[str]) -> list[str]:
    """Table: ranking all users with all metrics against the bare product and top-k."""
    lines = ["| d | bare product + top-20 (ms) | all metrics (ms) | ratio |", "|--:|--:|--:|--:|"]
    for size in ("d2", "d10", "d200"):
        cfg = configuration(["module=student", f"size={size}", *overrides])
        datamodule = make_datamodule(cfg)
        module = make_model(cfg, datamodule, None)
        split = datamodule.split
        blocks = list(EvaluationBlocks(split.train, split.validation, datamodule.user_block))
        users = module.backbone.user_embedding.weight.detach()
        items = module.backbone.item_embedding.weight.detach()

        def bare(blocks=blocks, users=users, items=items) -> None:
            for block in blocks:
                (users[block.user_ids] @ items.T).topk(20, dim=1)

        def full(blocks=blocks, module=module, cfg=cfg) -> None:
            means = RankingMetrics(cfg["evaluation"]["metrics"], cfg["evaluation"]["top_k"])
            for block in blocks:
                scores = module.backbone.score_rows(block.user_ids)
                scores[block.seen_rows, block.seen_items] = -torch.inf
                hits = rank_hits(scores, block.held_out_rows, block.held_out_items, 20)
                means.update(hits, block.num_held_out)
            means.compute()

        bare_seconds, full_seconds = in_turns(bare, full)
        row = (f"{1e3 * bare_seconds:.1f}", f"{1e3 * full_seconds:.1f}")
        lines.append(f"| {size[1:]} | {' | '.join(row)} | {full_seconds / bare_seconds:.2f} |")
    return lines


def whole_comparison(overrides: list[str]) -> list[str]:
    """Table: `rankdistill compare` with one seed and an empty teacher store, imports included."""
    lines = ["| experiment | wall seconds, whole process |", "|---|--:|"]
    for experiment in ("softmax_d10", "pointwise_d10"):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "rankdistill", "compare", f"experiment={experiment}"]
            command += ["seeds=[1]", "trainer.progress=false", *overrides]
            command += [f"hydra.run.dir={folder}/run", f"teacher.store={folder}/teachers"]
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            lines.append(f"| {experiment} | {time.perf_counter() - start:.0f} |")
    return lines


def in_turns(*functions: Callable[[], None], turns: int = 15) -> list[float]:
    """Median seconds of each function, called one after the other."""
    taken: list[list[float]] = [[] for _ in functions]
    with torch.inference_mode():
        for _ in range(turns + 1):
            for function, seconds in zip(functions, taken, strict=True):
                start = time.perf_counter()
                function()
                seconds.append(time.perf_counter() - start)
    return [statistics.median(seconds[1:]) for seconds in taken]


def main() -> None:
    """Measure and keep the tables."""
    quiet_lightning()
    overrides = sys.argv[1:]
    lines = ["Training epoch on the training split, validation not counted:", ""]
    lines += [*epochs(overrides), "", "Full ranking of all users with validation items:", ""]
    lines += [*evaluation(overrides), "", "`rankdistill compare seeds=[1]`, end to end:", ""]
    keep("speed", lines + whole_comparison(overrides))


if __name__ == "__main__":
    main()
