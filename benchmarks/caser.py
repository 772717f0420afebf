"""Ranking Distillation of the networks that it was published on, with a list for every window.

    python benchmarks/caser.py --data ml-1m-sequences.tsv.gz [--seeds 1,2] [--networks caser,fossil]

Trains Caser alone, then for each network a teacher of 100 dimensions, a student of 50, and students
that are distilled by each weighting. The settings of a weighting are those that are best on
validation with the first seed. Each model has its own folder in outputs/caser and is trained where
it has not ended yet, so that the command goes on where it was stopped. Writes
benchmarks/results/caser.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from machine import keep
from rankdistill.evaluation.significance import paired_test
from rankdistill.reporting.wording import decimal, metric_label, p_value
from rankdistill.runs.checkpoints import CHECKPOINT
from rankdistill.runs.fit import METRICS as METRICS_FILE
from rankdistill.runs.per_user import PER_USER
from sections import copy_records

MONITOR = "map@all"
COLUMNS = ("precision@3", "precision@5", "precision@10", "ndcg@3", "ndcg@5", "ndcg@10", MONITOR)
TEST_OF = ("map@all", "ndcg@10")
"""Metrics on which a distilled student is compared with the student."""

TRAINING = (
    *("split=last_share", "ranking_loss=pointwise", "ranking_loss.num_negatives=3"),
    *("training.learning_rate=0.001", "training.weight_decay=0.000001", "training.batch_size=512"),
    "trainer.patience=5",
)
"""How the authors train every model; validation chooses the epoch."""

ALONE = ("module=student", "backbone=caser", "size=d50", *TRAINING, "trainer.max_epochs=20")
"""Caser on MovieLens 1M, in the size that its authors give."""

NETWORKS = {
    "caser": (
        *("backbone=caser", "backbone.targets=1", "backbone.vertical_filters=2"),
        *("backbone.convolution_activation=identity", "backbone.dense_activation=sigmoid"),
    ),
    "fossil": ("backbone=fossil", "backbone.targets=1"),
}
"""The networks of `experiment=official_caser` and `experiment=paper_fossil`."""

DISTILLATION = (
    *("module=distilled_student", "distillation.loss_balance=official", "distillation.alpha=1.0"),
    *("top_k=k10", "distillation.methods.ranking.exclude_seen=false"),
)

SAMPLED = ("student_rank=sampled", "distillation.weighting.student_rank.num_samples=100")
WEIGHTINGS = {
    "uniform": ("weighting=uniform",),
    "position": ("weighting=position",),
    "discrepancy": ("weighting=discrepancy", *SAMPLED),
    "hybrid": (
        *("weighting=hybrid", *SAMPLED, "distillation.weighting.warmup_epochs=10"),
        "distillation.weighting.normalize=false",
    ),
}
"""What is typed for each weighting of the teacher's items, as in the authors' code."""

SHARPNESS = {
    "uniform": ((),),
    "position": tuple((f"sharpness.lambda_={value}",) for value in (1, 10)),
    "discrepancy": tuple((f"sharpness.mu={value}",) for value in (0.1, 0.01)),
    "hybrid": tuple(
        (f"sharpness.lambda_={lambda_}", f"sharpness.mu={mu}")
        for lambda_ in (1, 10)
        for mu in (0.1, 0.01)
    ),
}
"""By weighting: the settings to choose from."""


class Fit(NamedTuple):
    """A model to train, and what it ended with.

    Attributes:
        folder: Its own, of all seeds.
        settings: What is typed.
        teacher: Whom it learns from.
    """

    folder: Path
    settings: tuple[str, ...]
    teacher: Fit | None = None

    def of_seed(self, seed: int) -> Path:
        """The folder of one seed."""
        return self.folder / f"seed-{seed}"

    def ended(self, seed: int) -> dict[str, Any]:
        """The content of metrics.json, once ``trained``."""
        return json.loads((self.of_seed(seed) / METRICS_FILE).read_text())


def trained(fit: Fit, seed: int, data: Path) -> dict[str, Any]:
    """Train where there is no result yet, and read the result."""
    folder = fit.of_seed(seed)
    if not (folder / METRICS_FILE).exists():
        taught = ()
        if fit.teacher is not None:
            trained(fit.teacher, seed, data)
            taught = (f"teacher.checkpoint={fit.teacher.of_seed(seed).absolute() / CHECKPOINT}",)
        command = (
            *(sys.executable, "-m", "rankdistill", "train", *fit.settings, *taught),
            *("data=delimited", f"data.path={data}", "data.timestamp_column=position"),
            *(
                "evaluation.metrics=[map@all,map,ndcg,recall,precision]",
                "evaluation.top_k=[3,5,10]",
            ),
            *(f"evaluation.monitor=val/{MONITOR}", f"seed.initialization={seed}"),
            *("trainer.progress=false", "projector=false", f"hydra.run.dir={folder}"),
        )
        subprocess.run(command, check=True)
    return fit.ended(seed)


def fits_of(network: str, root: Path) -> tuple[Fit, Fit, dict[str, list[Fit]]]:
    """The teacher, the student, and the students distilled by each weighting."""
    place, shared = root / network, (*NETWORKS[network], *TRAINING)
    teacher = Fit(place / "teacher", ("module=teacher", "size=d100", *shared))
    student = Fit(place / "student", ("module=student", "size=d50", *shared))
    distilled = {
        weighting: [
            Fit(
                place / weighting / "-".join(text.partition("=")[2] for text in sharpness),
                (*DISTILLATION, *WEIGHTINGS[weighting], "size=d50", *shared, *sharpness),
                teacher,
            )
            for sharpness in choices
        ]
        for weighting, choices in SHARPNESS.items()
    }
    return teacher, student, distilled


def chosen(fits: list[Fit], seed: int, data: Path) -> Fit:
    """The fit that is best on validation."""
    return max(fits, key=lambda fit: trained(fit, seed, data)["metrics"][f"val/{MONITOR}"])


def row(name: str, runs: list[dict[str, Any]]) -> str:
    """A line of the table: means over seeds."""
    metrics = [np.mean([run["metrics"][f"test/{name}"] for run in runs]) for name in COLUMNS]
    milliseconds = 1000 * np.mean([run["rank_all_seconds"] for run in runs])
    minutes = np.mean([run["fit_seconds"] for run in runs]) / 60
    numbers = [f"{runs[0]['parameters']:,}", *(decimal(float(value)) for value in metrics)]
    return f"| {' | '.join([name, *numbers, f'{milliseconds:.0f}', f'{minutes:.0f}'])} |"


def compared(better: Fit, worse: Fit, seeds: list[int]) -> list[str]:
    """A sentence for each metric: the paired test over users, of means over seeds."""
    sentences = []
    for metric in TEST_OF:
        values = [
            np.mean([np.load(fit.of_seed(seed) / PER_USER)[metric] for seed in seeds], axis=0)
            for fit in (better, worse)
        ]
        test = paired_test(*values)
        sentences.append(
            f"{metric_label(metric)} {decimal(test.difference, signed=True)}, "
            f"{p_value(test.p_value)}"
        )
    return sentences


def section(network: str, seeds: list[int], data: Path, root: Path) -> list[str]:
    """The table of a network, and the tests of its distilled students."""
    teacher, student, distilled = fits_of(network, root)
    best = {name: chosen(fits, seeds[0], data) for name, fits in distilled.items()}
    rows, tests = [], []
    for name, fit in {"teacher": teacher, "student": student, **best}.items():
        settings = " ".join(text for text in fit.settings if text.startswith("sharpness."))
        title = f"{name} `{settings}`" if settings else name
        rows.append(row(title, [trained(fit, seed, data) for seed in seeds]))
        if name in best:
            tests.append(f"- {name} over student: {'; '.join(compared(fit, student, seeds))}")
    labels = " | ".join(metric_label(name) for name in COLUMNS)
    return [
        f"{network.capitalize()}, 100 to 50 dimensions, {len(seeds)} seeds:",
        "",
        f"| model | weights | {labels} | ms to rank for all | minutes to fit |",
        f"|---|{'--:|' * (len(COLUMNS) + 3)}",
        *rows,
        "",
        *tests,
        "",
    ]


def main() -> None:
    """Train what is missing, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=lambda path: Path(path).resolve())
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--networks", default="caser,fossil", help="or none: Caser alone")
    arguments = parser.parse_args()
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    root = Path("outputs/caser")
    runs = [trained(Fit(root / "alone", ALONE), seed, arguments.data) for seed in seeds]
    whole = float(np.mean([run["metrics"][f"test/{MONITOR}"] for run in runs]))
    lines = [
        f"Caser alone, {len(seeds)} seeds: {metric_label(MONITOR)} {decimal(whole)} on the last "
        f"fifth of each user's items, best epoch {[run['best_epoch'] for run in runs]}.",
        "",
    ]
    for network in filter(None, arguments.networks.split(",")):
        lines += section(network, seeds, arguments.data, root)
    keep("caser", lines)
    copy_records()


if __name__ == "__main__":
    main()
