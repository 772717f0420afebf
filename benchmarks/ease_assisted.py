"""What each part of ease_assisted gives: the teacher's half, EASE's half, and the length K.

    python benchmarks/ease_assisted.py [--seeds 1,2,3,4,5] [--ml-1m FILE]

Students of 10 dimensions on MovieLens 100K, and with --ml-1m, a file of (user, item) pairs, on
MovieLens 1M. All learn with the settings that the list-wise loss was tuned to in
benchmarks/quality, so that nothing was chosen for any other row. Runs are kept in
outputs/ease_assisted/, and the same command goes on after a stop. Writes
benchmarks/results/ease_assisted.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fits import values_of_users
from machine import keep
from rankdistill.evaluation.multiple_tests import corrected_together
from rankdistill.evaluation.significance import paired_test
from rankdistill.reporting.wording import decimal, mean_text, metric_label, p_value
from rankdistill.runs.fit import METRICS
from rankdistill.runs.models import make_datamodule
from rankdistill.tuning.quiet import quiet
from sections import copy_records
from seeded_fits import fitted, settings_of

OUTPUTS = Path("outputs/ease_assisted")
SHOWN = ("map@5", "ndcg@10")
TESTED, SELECTED = "ndcg@10", "val/ndcg@10"

_SHARE = "distillation.methods.ease_assisted.ease_share"
ALONE = "the teacher's list alone"
ROWS = {
    ALONE: (f"{_SHARE}=0",),
    "EASE's list alone": (f"{_SHARE}=1",),
    "both, a quarter of EASE": (f"{_SHARE}=0.25",),
    "both, half of EASE": (),
    "both, three quarters of EASE": (f"{_SHARE}=0.75",),
    "both, half of EASE, K = 5": ("distillation.top_k=5",),
    "both, half of EASE, K = 40": ("distillation.top_k=40",),
    "both, half of EASE, alpha 0.7": ("distillation.alpha=0.7",),
}
"""What is typed beside the settings that all rows share."""

_METHOD = ("distillation=[ease_assisted]", f"evaluation.monitor={SELECTED}", "size=d10")
SMALL = (
    *_METHOD,
    *("teacher=softmax_d200", "trainer.max_epochs=200", "trainer.patience=12"),
    *("distillation.alpha=0.9993", "distillation.top_k=13"),
    *("training.learning_rate=0.02409", "training.weight_decay=0.00002692"),
)
LARGE = (
    *_METHOD,
    *("teacher=softmax_d100_ml_1m", "split=user_halves", "data=delimited", "data.name=ml-1m"),
    *("distillation.alpha=0.984", "distillation.top_k=13", "backbone.init_std=0.0273"),
    *("trainer.max_epochs=40", "trainer.patience=5", "training.decay_epochs=100"),
    *("training.learning_rate=0.08694", "training.weight_decay=0.000002613"),
    "training.batch_size=37",
)


def table(name: str, shared: Sequence[str], seeds: Sequence[int]) -> list[str]:
    """Train what is missing on one data set, and write its table.

    Args:
        name: Of the data set.
        shared: What is typed for all rows.
        seeds: Of initialisation and sampling, and of the teacher.
    """
    datamodule = make_datamodule(settings_of(shared))
    folders = {
        row: fitted(settings_of((*shared, *own)), seeds, datamodule, OUTPUTS / name / row)
        for row, own in ROWS.items()
    }
    others = [row for row in ROWS if row != ALONE]
    values = {row: values_of_users(runs, TESTED) for row, runs in folders.items()}
    tests = corrected_together([paired_test(values[row], values[ALONE]) for row in others])
    told = {
        row: f"{decimal(test['difference'], signed=True)}, {p_value(test['p_holm'])}"
        for row, test in zip(others, tests, strict=True)
    }
    return [
        f"{name}, `{shared[0]}`, seeds {', '.join(map(str, seeds))}:",
        "",
        f"| what is learned | {_label(SELECTED)} | {' | '.join(map(metric_label, SHOWN))} "
        f"| {metric_label(TESTED)} over the teacher's list alone |",
        "|---|--:|--:|--:|--:|",
        *(_line(row, folders[row], told.get(row, "-")) for row in ROWS),
        "",
    ]


def _label(validation_metric: str) -> str:
    return f"val {metric_label(validation_metric.removeprefix('val/'))}"


def _line(row: str, folders: Sequence[Path], told: str) -> str:
    runs = [json.loads((folder / METRICS).read_text())["metrics"] for folder in folders]
    cells = [row, decimal(float(np.mean([run[SELECTED] for run in runs])))]
    for metric in SHOWN:
        values = [run[f"test/{metric}"] for run in runs]
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else None
        cells.append(mean_text(float(np.mean(values)), spread))
    return f"| {' | '.join([*cells, told])} |"


def main() -> None:
    """Measure what is missing, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="1,2,3,4,5")
    parser.add_argument("--ml-1m", metavar="FILE", type=lambda path: Path(path).resolve())
    arguments = parser.parse_args()
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    quiet()
    lines = table("MovieLens 100K", SMALL, seeds)
    if arguments.ml_1m is not None:
        lines += table("MovieLens 1M", (*LARGE, f"data.path={arguments.ml_1m}"), seeds)
    keep("ease_assisted", lines[:-1])
    copy_records()


if __name__ == "__main__":
    main()
