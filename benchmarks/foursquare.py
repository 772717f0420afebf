"""Small factorisations of Foursquare check-ins beside published ones, by their protocol.

    python benchmarks/foursquare.py --data foursquare-pairs.tsv.gz [--splits 0] [--methods ROW ...]

Trains the teacher of 200 dimensions, the student of 20 alone, with a learning rate that stays and
with one that falls to zero, and students of 20 that each method distils. Of the trials of a row
the one that is best on the validation items of the first split is kept for the others. The student
that is best on validation is measured in four bits too, without another training. Each fit has its
own folder in outputs/foursquare and is made where it has not ended yet, so that the command goes on
where it was stopped. Writes benchmarks/results/foursquare.md, or foursquare_one_split.md where
there is one split.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from fits import Fit
from machine import keep
from rankdistill.evaluation.multiple_tests import corrected_together
from rankdistill.evaluation.significance import paired_test
from rankdistill.reporting.wording import decimal, file_size, mean_text, p_value
from rounded_fits import RoundedFit
from sections import copy_records

Measured = Fit | RoundedFit

ROOT = Path("outputs/foursquare")
SEED = 1
"""Of initialisation and sampling; what differs is the split."""

MONITOR = "val/ndcg@10"
COLUMNS = ("recall@10", "ndcg@10")
TESTED = "ndcg@10"

TEACHER, STUDENT, DECAYED = "teacher", "student alone", "student alone with a falling rate"
BOTH = "sampled soft targets of both together"
UNTAUGHT = (TEACHER, STUDENT, DECAYED)
BITS = 4
PUBLISHED = {
    "teacher of 200, published": (0.6929, 0.4444),
    "student of 20, published": (0.6581, 0.4177),
    "best distilled of 20, published (HyperKDMA with PHR)": (0.6872, 0.4398),
}

ALONE = "experiment=foursquare_student"
OF_TEACHER = (ALONE, "module=teacher", "size=d200", "backbone.init_std=0.05")
FALLING = ("training.learning_rate=0.02", "training.decay_epochs=30")


def _taught(method: str, *trials: str) -> list[tuple[str, ...]]:
    """The trials of a method: settings of its own, separated by blanks."""
    shared = ("experiment=foursquare", f"distillation=[{method}]", *FALLING)
    own = f"distillation.methods.{method}."
    return [(*shared, *(text.replace("own.", own) for text in trial.split())) for trial in trials]


MANY = "own.max_entities=1000"
"""More users and items at once than usual, so that an epoch meets all of them."""

TRIALS: dict[str, list[tuple[str, ...]]] = {
    TEACHER: [
        (*OF_TEACHER, "training.learning_rate=0.01", "training.weight_decay=0.000008"),
        (*OF_TEACHER, "training.learning_rate=0.01", "training.weight_decay=0.000012"),
    ],
    BOTH: [("experiment=foursquare_ensemble",)],
    STUDENT: [
        (ALONE, "training.weight_decay=0.000005"),
        (ALONE, "training.weight_decay=0.0000035"),
    ],
    DECAYED: [
        (ALONE, *FALLING, "training.weight_decay=0.000005"),
        (ALONE, *FALLING, "training.weight_decay=0.000002"),
    ],
    "sampled soft targets": _taught(
        "sampled_soft_targets",
        "own.teacher_temperature=0.5 distillation.alpha=0.7",
        "own.teacher_temperature=0.5 distillation.alpha=0.5",
    ),
    "personalised hints (PHR)": _taught(
        "personalised_hints", f"{MANY} distillation.alpha=0.3", f"{MANY} distillation.alpha=0.6"
    ),
    "list-wise (RRD)": _taught(
        "plackett_luce",
        "own.head=sampled own.tail=sampled distillation.alpha=0.5 top_k=k30",
        "own.head=sampled own.tail=sampled distillation.alpha=0.5 top_k=k100",
    ),
    "experts (DE)": _taught("experts", f"{MANY} distillation.alpha=0.6"),
    "ranking distillation": _taught("ranking", "distillation.alpha=0.3", "distillation.alpha=0.6"),
    "unbiased (UnKD)": _taught("unbiased", "distillation.alpha=0.5"),
    "topology (HTD)": _taught("topology", f"{MANY} distillation.alpha=0.6"),
    "cross-entropy on the student's best items (RCE-KD)": _taught(
        "rejuvenated_cross_entropy",
        "own.weight=100 own.teacher_temperature=1 distillation.alpha=0.5",
    ),
    "collaborative (CD)": _taught("collaborative", "distillation.alpha=0.6"),
}
"""What is typed for each row; those of UNTAUGHT have no teacher."""


def rows_of(data: Path, splits: list[int], methods: list[str]) -> dict[str, list[Measured]]:
    """The fits of each row, one a split; a row's name has what was chosen on the first.

    Args:
        data: The file of pairs.
        splits: Values of seed.split.
        methods: Rows of distilled students.
    """
    chosen: dict[str, list[Fit]] = {}
    rows: dict[str, list[Measured]] = {}
    best: tuple[float, list[Fit]] = (-1.0, [])
    for row in (*UNTAUGHT, *methods):
        trials = [
            [_fit_of(data, split, row, number, chosen, place) for place, split in enumerate(splits)]
            for number in range(len(TRIALS[row]))
        ]
        values = [trial[0].result(SEED)["metrics"][MONITOR] for trial in trials]
        number = values.index(max(values))
        chosen[row] = trials[number]
        if row in methods:
            best = max(best, (values[number], trials[number]), key=lambda found: found[0])
        rows[f"{row}, `{TRIALS[row][number][-1]}`"] = [*trials[number]]
    if methods:
        rows[f"the best of them on validation, `storage=int{BITS}`"] = [
            RoundedFit(fit, BITS) for fit in best[1]
        ]
    return rows


def _fit_of(
    data: Path, split: int, row: str, number: int, chosen: dict[str, list[Fit]], place: int
) -> Fit:
    """A trial of a row, on the split that stands at a place among the splits."""
    settings = (*TRIALS[row][number], f"data.path={data}", f"seed.split={split}")
    folder = ROOT / f"split-{split}" / row.partition(" (")[0].replace(" ", "_") / f"trial-{number}"
    if row in UNTAUGHT:
        return Fit(folder, settings)
    teacher, student = chosen[TEACHER][place], chosen[STUDENT][place]
    if row == BOTH:
        return Fit(folder, settings, members={"first": teacher, "second": student})
    return Fit(folder, settings, teacher)


def line(name: str, fits: list[Measured], tests: dict[str, dict[str, Any]]) -> str:
    """A line of the table."""
    runs = [fit.result(SEED) for fit in fits]
    cells = [name, file_size(runs[0]["file_bytes"])]
    for metric in COLUMNS:
        values = [run["metrics"][f"test/{metric}"] for run in runs]
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else None
        cells.append(mean_text(float(np.mean(values)), spread))
    seconds = np.mean([run["fit_seconds"] for run in runs])
    cells.append(f"{seconds / 60:.1f}")
    found = tests.get(name)
    cells.append(
        "-"
        if found is None
        else f"{decimal(found['difference'], signed=True)}, {p_value(found['p_holm'])}"
    )
    return f"| {' | '.join(cells)} |"


def tested(fits: dict[str, list[Measured]]) -> dict[str, dict[str, Any]]:
    """Each distilled student against one alone, paired by user: all splits have the same users.

    That is the one alone that is better on validation of the first split.
    """
    alone = [row for name, row in fits.items() if name.startswith(STUDENT)]
    names = [name for name in fits if not name.startswith((TEACHER, STUDENT))]
    reference = of_users(max(alone, key=lambda row: row[0].result(SEED)["metrics"][MONITOR]))
    tests = [paired_test(of_users(fits[name]), reference) for name in names]
    return dict(zip(names, corrected_together(tests), strict=True))


def of_users(fits: list[Measured]) -> np.ndarray:
    """(num_users,) test values, means over the splits."""
    return np.mean([fit.of_users(TESTED, [SEED]) for fit in fits], axis=0)


def main() -> None:
    """Train what is missing, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=lambda path: Path(path).resolve())
    parser.add_argument("--splits", default="0", help="values of seed.split")
    known = [row for row in TRIALS if row not in UNTAUGHT]
    parser.add_argument("--methods", nargs="*", choices=known, default=known)
    arguments = parser.parse_args()
    splits = [int(split) for split in arguments.splits.split(",")]
    fits = rows_of(arguments.data, splits, arguments.methods)
    tests = tested(fits)
    counts = ", ".join(f"{row} {len(TRIALS[row])}" for row in (*UNTAUGHT, *arguments.methods))
    (protocol,) = next(iter(fits.values()))[0].result(SEED)["data"]["protocol"]
    keep(
        "foursquare" if len(splits) > 1 else "foursquare_one_split",
        [
            f"Foursquare, `experiment=foursquare`, seed.split {arguments.splits}; trials, chosen "
            f"by NDCG@10 on validation: {counts}. The time is that of a busy machine:",
            "",
            "| model | file | H@10 | NDCG@10 | minutes to fit | NDCG@10 over the better alone |",
            "|---|--:|--:|--:|--:|--:|",
            *(line(name, row, tests) for name, row in fits.items()),
            *(
                f"| {name} | - | {decimal(hits)} | {decimal(ndcg)} | - | - |"
                for name, (hits, ndcg) in PUBLISHED.items()
            ),
            "",
            protocol,
        ],
    )
    copy_records()


if __name__ == "__main__":
    main()
