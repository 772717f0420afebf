"""From SASRec of 64 dimensions to students of 16 of three kinds: what each method closes.

    python benchmarks/cross_architecture.py --data ml-1m-sequences.tsv.gz [--seeds 1]
        [--students sasrec,fism,factorisation]

The teacher is the SASRec that benchmarks/sasrec.py trains by the softmax. Students of a kind have
as many epochs. A method has one setting, near those that searches on other splits and teachers
chose (benchmarks/results/quality.json); validation chooses the epoch, and the weight
decay of FISM, by the first seed. Each model has its own folder in outputs/cross_architecture and is
trained where it has not ended yet. Writes benchmarks/results/cross_architecture.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from fits import SEQUENCES, Fit, ServingSeconds, best_of, busy, keep_results, serving_seconds
from machine import keep
from rankdistill.evaluation.gap import gap_of
from rankdistill.evaluation.significance import paired_test
from rankdistill.reporting.wording import decimal, file_size, metric_label, p_value, percentage
from sasrec import SMALL, fit_of
from sections import copy_records

METRIC = "ndcg@10"
SHARED = (
    *("split=leave_last_out", "size=d16", "ranking_loss=softmax"),
    *(f"evaluation.monitor=val/{METRIC}", "trainer.patience=5"),
)
OF_USERS = ("training.batch_size=64", "training.learning_rate=0.03", "trainer.max_epochs=25")
STUDENTS = {
    "sasrec": (
        *("backbone=sasrec", "training.batch_size=128", "training.learning_rate=0.005"),
        *("trainer.max_epochs=12", "storage=int8"),
    ),
    "fism": ("backbone=fism", *OF_USERS, "storage=int8"),
    "factorisation": ("backbone=matrix_factorization", *OF_USERS, "storage=int5"),
}
"""What is typed for each kind of student."""

CHOICES = {
    "sasrec": ((),),
    "fism": (("training.weight_decay=0.00001",), ("training.weight_decay=0.0001",)),
    "factorisation": (("training.weight_decay=0.00001",),),
}
"""By kind: the settings that every student of it chooses from on validation."""

PLAIN = "plain"
METHODS = {
    PLAIN: ("module=student",),
    "Ranking Distillation": (
        *("distillation=[ranking]", "weighting=position", "top_k=k30"),
        "distillation.alpha=0.3",
    ),
    "list-wise": ("distillation=[plackett_luce]", "top_k=k20", "distillation.alpha=0.98"),
    "rejuvenated cross-entropy": (
        *("distillation=[rejuvenated_cross_entropy]", "top_k=k10", "distillation.alpha=0.98"),
        "distillation.methods.rejuvenated_cross_entropy.teacher_temperature=1.25",
    ),
    "soft targets": ("distillation=[soft_targets]", "distillation.alpha=0.9"),
}
"""What is typed for each method."""


def students_of(kind: str, teacher: Fit, seed: int, data: Path, root: Path) -> dict[str, Fit]:
    """The students of a kind, by method; the candidates are trained where they have not ended."""
    shared = (*SEQUENCES, f"data.path={data}", *SHARED, *STUDENTS[kind])

    def candidate(method: str, choice: tuple[str, ...]) -> Fit:
        place = root / kind / method.replace(" ", "_")
        name = "-".join(text.partition("=")[2] for text in choice)
        typed = (*shared, *METHODS[method], *choice)
        return Fit(place / name, typed, None if method == PLAIN else teacher)

    return {
        method: best_of([candidate(method, choice) for choice in CHOICES[kind]], seed, METRIC)
        for method in METHODS
    }


def row(name: str, fit: Fit, closed: str, seconds: ServingSeconds, seeds: list[int]) -> str:
    """A line of the table: means over seeds."""
    runs = [fit.result(seed) for seed in seeds]
    quality = decimal(float(fit.of_users(METRIC, seeds).mean()))
    minutes = np.mean([run["fit_seconds"] for run in runs]) / 60
    times = (f"{1000 * seconds.one_user:.2f}", f"{minutes:.1f}")
    return f"| {' | '.join((name, quality, closed, file_size(runs[0]['weights_bytes']), *times))} |"


def closed_by(fit: Fit, plain: Fit, teacher: Fit, seeds: list[int]) -> str:
    """The share of the gap with its interval, and the test against the plain student."""
    best, worst, own = (each.of_users(METRIC, seeds) for each in (teacher, plain, fit))
    gap = gap_of(best, worst, own)
    share = gap["reason"]
    if gap["value"] is not None:
        low, high = percentage(gap["ci_low"]), percentage(gap["ci_high"])
        share = f"{percentage(gap['value'])} [{low}, {high}]"
    return f"{share}, {p_value(paired_test(own, worst).p_value)}"


def rows_of(kind: str, students: dict[str, Fit], teacher: Fit, seeds: list[int]) -> list[str]:
    """The lines of one kind of student."""
    for fit in students.values():
        for seed in seeds:
            fit.result(seed)
    seconds = serving_seconds([*students.values()], seeds[0])
    rows = []
    for (method, fit), taken in zip(students.items(), seconds, strict=True):
        plain = students[PLAIN]
        closed = "" if method == PLAIN else closed_by(fit, plain, teacher, seeds)
        rows.append(row(f"{kind}, {method}", fit, closed, taken, seeds))
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
        f"| model | {metric_label(METRIC)} | gap closed, p of better than plain "
        "| weights | ms for one user | minutes to fit |",
        "|---|--:|--:|--:|--:|--:|",
        row("teacher: SASRec of 64", teacher, "", seconds, seeds),
    ]
    root, fits = Path("outputs/cross_architecture"), {"teacher": teacher}
    for kind in arguments.students.split(","):
        students = students_of(kind, teacher, seeds[0], arguments.data, root)
        lines += rows_of(kind, students, teacher, seeds)
        fits |= {f"{kind}, {method}": fit for method, fit in students.items()}
    keep_results("cross_architecture", fits, seeds)
    keep("cross_architecture", [*lines, "", busy()])
    copy_records()


if __name__ == "__main__":
    main()
