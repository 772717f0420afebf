"""From SASRec of 64 dimensions to students of 16 of three kinds: what each method closes.

    python benchmarks/cross_architecture.py --data ml-1m-sequences.tsv.gz [--seeds 1]
        [--students sasrec,fism,factorisation]

The teacher is the SASRec that benchmarks/sasrec.py trains by the softmax. Each method, and the
plain student, has two settings to choose from on validation with the first seed; all have as many
epochs. Each model has its own folder in outputs/cross_architecture and is trained where it has not
ended yet. Writes benchmarks/results/cross_architecture.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fits import SEQUENCES, Fit, ServingSeconds, best_of, serving_seconds
from machine import keep
from rankdistill.evaluation.gap import gap_of
from rankdistill.evaluation.significance import paired_test
from rankdistill.reporting.wording import decimal, file_size, metric_label, p_value, percentage
from sasrec import SMALL, fit_of
from sections import copy_records

METRIC = "ndcg@10"
SHARED = (
    *("split=leave_last_out", "size=d16", "ranking_loss=softmax", "storage=int8"),
    *(f"evaluation.monitor=val/{METRIC}", "trainer.patience=5"),
)
STUDENTS = {
    "sasrec": ("backbone=sasrec", "training.batch_size=128", "trainer.max_epochs=20"),
    "fism": ("backbone=fism", "training.batch_size=128", "trainer.max_epochs=40"),
    "factorisation": (
        *("backbone=matrix_factorization", "training.batch_size=128"),
        "trainer.max_epochs=40",
    ),
}
"""What is typed for each kind of student."""

RATES = {"sasrec": (0.003, 0.01), "fism": (0.01, 0.03), "factorisation": (0.01, 0.03)}
"""The rates of learning that a plain student chooses from; distilled ones take its choice."""

BALANCES = (0.5, 0.9)
"""The shares of the distillation loss that a distilled student chooses from."""

METHODS = {
    "Ranking Distillation": ("distillation=[ranking]", "weighting=position", "top_k=k30"),
    "list-wise": ("distillation=[plackett_luce]", "distillation.top_k=20"),
    "rejuvenated cross-entropy": (
        "distillation=[rejuvenated_cross_entropy]",
        "distillation.top_k=50",
    ),
    "soft targets": ("distillation=[soft_targets]",),
}
"""What is typed for each method."""


class Students(NamedTuple):
    """The students of one kind that validation chose.

    Attributes:
        plain: Trained on the data alone.
        distilled: By method.
    """

    plain: Fit
    distilled: dict[str, Fit]


def students_of(kind: str, teacher: Fit, seed: int, data: Path, root: Path) -> Students:
    """Train the candidates where they have not ended, and choose."""
    shared = (*SEQUENCES, f"data.path={data}", *SHARED, *STUDENTS[kind])
    plain = [
        Fit(
            root / kind / "plain" / str(rate),
            ("module=student", *shared, f"training.learning_rate={rate}"),
        )
        for rate in RATES[kind]
    ]
    best = best_of(plain, seed, METRIC)
    rate = best.settings[-1]
    distilled = {
        method: [
            Fit(
                root / kind / method.replace(" ", "_") / str(alpha),
                ("module=distilled_student", *shared, *typed, f"distillation.alpha={alpha}", rate),
                teacher,
            )
            for alpha in BALANCES
        ]
        for method, typed in METHODS.items()
    }
    return Students(
        best, {method: best_of(fits, seed, METRIC) for method, fits in distilled.items()}
    )


def choice_of(fit: Fit) -> str:
    """What validation chose, as it is typed."""
    chosen = ("training.learning_rate=", "distillation.alpha=")
    typed = [text.partition(".")[2] for text in fit.settings if text.startswith(chosen)]
    return ", ".join(f"`{text}`" for text in typed)


def row(
    name: str, fit: Fit, chosen: str, closed: str, seconds: ServingSeconds, seeds: list[int]
) -> str:
    """A line of the table."""
    runs = [fit.result(seed) for seed in seeds]
    quality = decimal(float(fit.of_users(METRIC, seeds).mean()))
    cells = (name, chosen, quality, closed, file_size(runs[0]["weights_bytes"]))
    minutes = np.mean([run["fit_seconds"] for run in runs]) / 60
    times = (f"{1000 * seconds.one_user:.2f}", f"{minutes:.1f}")
    return f"| {' | '.join((*cells, *times))} |"


def rows_of(kind: str, students: Students, teacher: Fit, seeds: list[int]) -> list[str]:
    """The lines of one kind of student."""
    everyone = [students.plain, *students.distilled.values()]
    for fit in everyone:
        for seed in seeds:
            fit.result(seed)
    seconds = serving_seconds([teacher, *everyone], seeds[0])
    best, plain = (fit.of_users(METRIC, seeds) for fit in (teacher, students.plain))
    plain_name, plain_choice = f"{kind}, plain", choice_of(students.plain)
    rows = [row(plain_name, students.plain, plain_choice, "", seconds[1], seeds)]
    for (method, fit), taken in zip(students.distilled.items(), seconds[2:], strict=True):
        own = fit.of_users(METRIC, seeds)
        gap, test = gap_of(best, plain, own), paired_test(own, plain)
        closed = f"{gap['reason']}"
        if gap["value"] is not None:
            low, high = percentage(gap["ci_low"]), percentage(gap["ci_high"])
            closed = f"{percentage(gap['value'])} [{low}, {high}]"
        closed = f"{closed}, {p_value(test.p_value)}"
        rows.append(row(f"{kind}, {method}", fit, choice_of(fit), closed, taken, seeds))
    return rows


def main() -> None:
    """Train what is missing, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=lambda path: Path(path).resolve())
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--students", default=",".join(STUDENTS))
    arguments = parser.parse_args()
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    teacher = fit_of(SMALL, "softmax", arguments.data)
    for seed in seeds:
        teacher.result(seed)
    (seconds,) = serving_seconds([teacher], seeds[0])
    lines = [
        f"| model | chosen | {metric_label(METRIC)} | gap closed, p of better than plain "
        "| weights | ms for one user | minutes to fit |",
        "|---|---|--:|--:|--:|--:|--:|",
        row("teacher: SASRec of 64", teacher, "", "", seconds, seeds),
    ]
    root = Path("outputs/cross_architecture")
    for kind in arguments.students.split(","):
        students = students_of(kind, teacher, seeds[0], arguments.data, root)
        lines += rows_of(kind, students, teacher, seeds)
    keep("cross_architecture", [f"{len(seeds)} seeds:", "", *lines])
    copy_records()


if __name__ == "__main__":
    main()
