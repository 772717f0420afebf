"""Quality against bytes on MovieLens 100K: sizes x bits x methods, and the front of the best.

    python -m benchmarks.front [--seeds 1,2,3] [--claimed-seeds 1,2,3,4,5] [--more]

Students of the ensemble are trained once for each seed and rounded many ways. What lies on the
front, and which model is claimed for a number of bytes, is chosen on validation; the figures are of
test. Runs are kept in outputs/front/, and the same command goes on after a stop. Writes
benchmarks/results/front.md and front.png.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from benchmarks.front.rounding import SHOWN, Measured, measured
from benchmarks.front.students import ALONE, Student, students
from benchmarks.machine import RESULTS, keep
from benchmarks.sections import copy_records
from benchmarks.seeded_fits import fitted, settings_of

from rankdistill.evaluation.non_inferiority import NonInferiority, non_inferiority
from rankdistill.reporting.pareto import Point, pareto_figure, pareto_front
from rankdistill.reporting.wording import decimal, file_size, mean_text, metric_label, p_value
from rankdistill.runs.models import make_datamodule, make_model, make_student
from rankdistill.runs.per_user import PER_USER
from rankdistill.runs.seeding import with_seed
from rankdistill.runs.teacher_store import obtain_teacher
from rankdistill.tuning.quiet import quiet

OUTPUTS = Path("outputs/front")
LARGE = ("teacher=softmax_d200", "evaluation.monitor=val/ndcg@10")
MARGIN = 0.005
"""What a student may be worse by than the large factorisation; chosen before any was measured."""
AIMED, OF_THE_BLOG = 12_000, 34_100
"""Bytes that are aimed at, and those of a student of two in fp32."""


class Stored(NamedTuple):
    """A student in so many bits, measured with every seed."""

    student: Student
    bits: int
    runs: list[Measured]

    @property
    def label(self) -> str:
        """Names it on the picture."""
        return f"d{self.student.dim} int{self.bits}"

    @property
    def num_bytes(self) -> int:
        """Size of its weights."""
        return self.runs[0].num_bytes

    @property
    def validation(self) -> float:
        """Mean over seeds."""
        return float(np.mean([run.validation for run in self.runs]))

    def of_users(self, metric: str) -> np.ndarray:
        """(num_users,) test values, means over seeds."""
        return np.mean([run.per_user[metric] for run in self.runs], axis=0)

    def on_test(self, metric: str) -> tuple[float, float]:
        """Mean and standard deviation over seeds."""
        values = [float(run.per_user[metric].mean()) for run in self.runs]
        return float(np.mean(values)), float(np.std(values, ddof=1))


def stored(student: Student, seeds: Sequence[int]) -> list[Stored]:
    """Train what is missing of a student, and measure it in all its bits."""
    cfg, alone = settings_of(student.overrides), student.method == ALONE
    datamodule = make_datamodule(cfg)
    folders = fitted(cfg, seeds, datamodule, OUTPUTS / student.name, alone=alone)
    module = make_student(cfg, datamodule) if alone else make_model(cfg, datamodule, None)
    return [
        Stored(student, bits, [measured(each, module, bits, datamodule) for each in folders])
        for bits in student.bits
    ]


def large_model(seeds: Sequence[int]) -> dict[str, np.ndarray]:
    """(num_users,) test values of the factorisation of 200 by metric, means over seeds."""
    cfg = settings_of(LARGE)
    datamodule = make_datamodule(cfg)
    folders = [obtain_teacher(with_seed(cfg, seed), datamodule, "teacher").folder for seed in seeds]
    files = [np.load(folder / PER_USER, allow_pickle=False) for folder in folders]
    return {metric: np.mean([file[metric] for file in files], axis=0) for metric in SHOWN}


def front_of(found: Sequence[Stored]) -> list[Stored]:
    """Keep those that no smaller one reaches on validation, smallest first."""
    by_label = {f"{each.student.name} {each.bits}": each for each in found}
    points = [
        Point(name, "", each.num_bytes, each.validation, 0.0) for name, each in by_label.items()
    ]
    return [by_label[point.label] for point in pareto_front(points)]


def best_within(found: Sequence[Stored], num_bytes: int) -> Stored:
    """Choose on validation among those that are small enough."""
    return max((x for x in found if x.num_bytes <= num_bytes), key=lambda x: x.validation)


def smallest_not_worse(front: Sequence[Stored], large: dict[str, np.ndarray]) -> Stored | None:
    """Find the smallest of a front that is shown to be no worse than the large model.

    The front is walked from its largest model down, and the first that is not shown ends the walk:
    tests in an order that is fixed beforehand need no correction.
    """
    found = None
    for each in reversed(front):
        if not all(_not_worse(each, large, metric).is_shown for metric in SHOWN):
            break
        found = each
    return found


def _not_worse(each: Stored, large: dict[str, np.ndarray], metric: str) -> NonInferiority:
    return non_inferiority(each.of_users(metric), large[metric], MARGIN)


def claim(chosen: Stored, seeds: Sequence[int]) -> list[str]:
    """A sentence for each metric: whether a student is no worse than the large factorisation."""
    again = stored(chosen.student, seeds)
    own = next(each for each in again if each.bits == chosen.bits)
    large = large_model(seeds)
    told = []
    for metric in SHOWN:
        test = _not_worse(own, large, metric)
        verdict = "no worse" if test.is_shown else "not shown to be no worse"
        told.append(
            f"{metric_label(metric)} {mean_text(*own.on_test(metric))} against "
            f"{decimal(float(large[metric].mean()))}: {decimal(test.difference, signed=True)}, at "
            f"least {decimal(test.ci_low, signed=True)}, {verdict} ({p_value(test.p_value)})"
        )
    return [
        f"- {file_size(own.num_bytes)}, {own.student.kind}, d = {own.student.dim}, int{own.bits}, "
        f"{len(seeds)} seeds: {'; '.join(told)}."
    ]


def _row(each: Stored) -> str:
    cells = [file_size(each.num_bytes), each.student.kind, str(each.student.dim), f"int{each.bits}"]
    cells += [decimal(each.validation), *(mean_text(*each.on_test(metric)) for metric in SHOWN)]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure what is missing, and write table and picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--claimed-seeds", default="1,2,3,4,5")
    parser.add_argument(
        "--more", action="store_true", help="students alone, another method and all sizes too"
    )
    arguments = parser.parse_args()
    seeds, claimed = (
        [int(seed) for seed in text.split(",")]
        for text in (arguments.seeds, arguments.claimed_seeds)
    )
    quiet()
    found = []
    for student in students(arguments.more):
        found += stored(student, seeds)
        print("\n".join(map(_row, found[-len(student.bits) :])), flush=True)
    points = [
        Point(each.label, each.student.kind, each.num_bytes, *each.on_test("ndcg@10"))
        for each in found
    ]
    pareto_figure(
        [("MovieLens 100K, taught by the ensemble", "ndcg@10", points)], RESULTS / "front.png"
    )
    front = front_of(found)
    smallest = smallest_not_worse(front, large_model(seeds))
    claimed_models = [best_within(found, AIMED), smallest, best_within(found, OF_THE_BLOG)]
    lines = [
        "| weights | student | d | bits | val NDCG@10 | MAP@5 | NDCG@10 |",
        "|--:|---|--:|---|--:|--:|--:|",
        *map(_row, front),
        "",
        f"Against the factorisation of 200, with a margin of {MARGIN}: the best within "
        f"{file_size(AIMED)}, the smallest of the front that is shown to be no worse, and the best "
        f"within {file_size(OF_THE_BLOG)}.",
        "",
        *(line for model in claimed_models if model is not None for line in claim(model, claimed)),
    ]
    keep("front", [f"Seeds {arguments.seeds}.", "", *lines])
    copy_records()


if __name__ == "__main__":
    main()
