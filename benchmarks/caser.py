"""Ranking Distillation of the networks that it was published on, with a list for every window.

    python benchmarks/caser.py --data ml-1m-sequences.tsv.gz [--seeds 1,2]
        [--parts caser_alone caser fossil] [--weightings hybrid ...]

Trains Caser alone, then for each network a teacher of 100 dimensions, a student of 50, and students
that are distilled by each weighting with published settings. Each model has its own folder
in outputs/caser and is trained where it has not ended yet, so that the command goes on where it was
stopped. Each part has a page of its own in benchmarks/results/.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fits import SEQUENCES, Fit, ServingSeconds, busy, keep_results, serving_seconds
from machine import keep
from rankdistill.evaluation.significance import paired_test
from rankdistill.reporting.wording import decimal, metric_label, p_value
from sections import copy_records

ROOT = Path("outputs/caser")
CASER_ALONE = "caser_alone"
MONITOR = "map@all"
COLUMNS = ("precision@3", "precision@5", "precision@10", "ndcg@3", "ndcg@5", "ndcg@10", MONITOR)
TEST_OF = ("map@all", "ndcg@10")
"""Metrics on which a distilled student is compared with the student."""

MAX_EPOCHS = {"caser": 8, "fossil": 5}
TRAINING = (
    *(
        "split=last_share",
        "split.validation=0.05",
        "ranking_loss=pointwise",
        "ranking_loss.num_negatives=3",
    ),
    *("training.weight_decay=0.000001", "training.batch_size=512", "trainer.patience=5"),
)
"""How the authors train every model; validation chooses the epoch."""

ALONE = (
    *("module=student", "backbone=caser", "size=d50", *TRAINING),
    *("training.learning_rate=0.001", "trainer.max_epochs=20"),
)
"""Caser on MovieLens 1M, in the size that its authors give."""

NETWORKS = {
    "caser": (
        *("backbone=caser", "backbone.targets=1", "backbone.vertical_filters=2"),
        *("backbone.convolution_activation=identity", "backbone.dense_activation=sigmoid"),
    ),
    "fossil": ("backbone=fossil", "backbone.targets=1"),
}
"""The networks of `experiment=official_caser` and `experiment=paper_fossil`."""

SHORT = {
    "caser": ("training.learning_rate=0.003",),
    "fossil": ("training.weight_decay=0.00001",),
}
"""What lets the models of a network end in minutes on two cores; the authors' are 50 epochs at a
learning rate of 0.001. Fossil's weight decay was the best of three on validation."""

DISTILLATION = (
    *("module=distilled_student", "distillation.loss_balance=official", "distillation.alpha=1.0"),
    *("top_k=k10", "distillation.methods.ranking.exclude_seen=false"),
)

SAMPLED = ("student_rank=sampled", "distillation.weighting.student_rank.num_samples=100")
HYBRID = (
    *("weighting=hybrid", *SAMPLED, "distillation.weighting.warmup_epochs=2"),
    "distillation.weighting.normalize=false",
)
HYBRIDS = {
    "hybrid": (*HYBRID, "sharpness=paper"),
    "hybrid, medium": (*HYBRID, "sharpness=medium"),
    "hybrid, broad": (*HYBRID, "sharpness=broad"),
}
WEIGHTINGS = {
    "uniform": ("weighting=uniform",),
    "position": ("weighting=position", "sharpness=paper"),
    "discrepancy": ("weighting=discrepancy", "sharpness=paper", *SAMPLED),
    **HYBRIDS,
    "position of unseen items": (
        *("weighting=position", "sharpness=broad", "distillation.alpha=0.3"),
        *("distillation.loss_balance=paper", "distillation.methods.ranking.exclude_seen=true"),
    ),
}
"""What is typed for each weighting of the teacher's items, as in the authors' code. Those of the
hybrid differ in lambda and mu. The last one reads lists of unseen items, as the paper does, and
trusts the teacher less."""


COMPARED = {"caser": tuple(WEIGHTINGS), "fossil": ("position", *HYBRIDS)}
"""By network: its weightings."""
PARTS = (CASER_ALONE, *COMPARED)


class Models(NamedTuple):
    """What is trained of a network.

    Attributes:
        teacher: Of 100 dimensions.
        student: Of 50, trained on the data alone.
        distilled: Of 50, by weighting.
    """

    teacher: Fit
    student: Fit
    distilled: dict[str, Fit]

    @property
    def named(self) -> dict[str, Fit]:
        """All of them, by what the table calls them."""
        return {"teacher": self.teacher, "student": self.student, **self.distilled}


def models_of(network: str, data: Path, weightings: Sequence[str]) -> Models:
    """List the models of a network."""
    place, epochs = ROOT / network, f"trainer.max_epochs={MAX_EPOCHS[network]}"
    shared = (*measured(data), *NETWORKS[network], *TRAINING, *SHORT[network], epochs)
    teacher = Fit(place / "teacher", ("module=teacher", "size=d100", *shared))
    student = Fit(place / "student", ("module=student", "size=d50", *shared))
    distilled = {
        weighting: Fit(
            place / weighting.replace(" ", "_").replace(",", ""),
            (*DISTILLATION, *WEIGHTINGS[weighting], "size=d50", *shared),
            teacher,
        )
        for weighting in weightings
    }
    return Models(teacher, student, distilled)


def measured(data: Path) -> tuple[str, ...]:
    """What is typed for the data, and for what is measured."""
    return (
        *SEQUENCES,
        f"data.path={data}",
        "evaluation.metrics=[map@all,map,ndcg,recall,precision]",
        "evaluation.top_k=[3,5,10]",
        f"evaluation.monitor=val/{MONITOR}",
    )


def row(name: str, runs: list[dict[str, Any]], seconds: ServingSeconds) -> str:
    """A line of the table: means over seeds."""
    metrics = [np.mean([run["metrics"][f"test/{metric}"] for run in runs]) for metric in COLUMNS]
    minutes = np.mean([run["fit_seconds"] for run in runs]) / 60
    numbers = [f"{runs[0]['parameters']:,}", *(decimal(float(value)) for value in metrics)]
    times = (f"{1000 * seconds.everyone:.0f}", f"{minutes:.0f}")
    return f"| {' | '.join([name, *numbers, *times])} |"


def compared(better: Fit, worse: Fit, seeds: list[int]) -> str:
    """The paired tests over users, of means over seeds."""
    sentences = []
    for metric in TEST_OF:
        test = paired_test(better.of_users(metric, seeds), worse.of_users(metric, seeds))
        sentences.append(
            f"{metric_label(metric)} {decimal(test.difference, signed=True)}, "
            f"{p_value(test.p_value)}"
        )
    return "; ".join(sentences)


def section(network: str, models: Models, seeds: list[int]) -> list[str]:
    """The table of a network, and the test of the student that validation chooses."""
    named = models.named
    runs = {name: [fit.result(seed) for seed in seeds] for name, fit in named.items()}
    rows = []
    for name, seconds in zip(named, serving_seconds(list(named.values()), seeds[0]), strict=True):
        rows.append(row(name, runs[name], seconds))
    labels = " | ".join(metric_label(name) for name in COLUMNS)
    on_validation = {
        name: float(np.mean([run["metrics"][f"val/{MONITOR}"] for run in runs[name]]))
        for name in models.distilled
    }
    best = max(on_validation, key=lambda name: on_validation[name])
    return [
        f"{network.capitalize()}, 100 to 50 dimensions, {len(seeds)} "
        f"{'seed' if len(seeds) == 1 else 'seeds'}, at most {MAX_EPOCHS[network]} epochs:",
        "",
        f"| model | weights | {labels} | ms to rank for all | minutes to fit |",
        f"|---|{'--:|' * (len(COLUMNS) + 3)}",
        *rows,
        "",
        f"Of the distilled students validation chooses *{best}*, by {metric_label(MONITOR)}. Each "
        "over the student, on test:",
        "",
        *(
            f"- {name}: {compared(fit, models.student, seeds)}"
            for name, fit in models.distilled.items()
        ),
        "",
    ]


def of_network(network: str, seeds: list[int], data: Path, weightings: list[str]) -> None:
    """Train what is missing of a network, and keep its table."""
    known = [name for name in COMPARED[network] if not weightings or name in weightings]
    models = models_of(network, data, known)
    keep_results(network, models.named, seeds)
    keep(network, [*section(network, models, seeds), "", busy()])


def of_caser_alone(seeds: list[int], data: Path) -> None:
    """Train Caser alone where it has not been, and keep its figure."""
    alone = Fit(ROOT / "alone", (*measured(data), *ALONE))
    runs = [alone.result(seed) for seed in seeds]
    whole = float(np.mean([run["metrics"][f"test/{MONITOR}"] for run in runs]))
    keep_results("caser_alone", {"alone": alone}, seeds)
    keep(
        "caser_alone",
        [
            f"Caser alone, seeds {', '.join(map(str, seeds))}: {metric_label(MONITOR)} "
            f"{decimal(whole)} on the last fifth of each user's items, best epoch "
            f"{', '.join(str(run['best_epoch']) for run in runs)}."
        ],
    )


def main() -> None:
    """Train what is missing, and write the pages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=lambda path: Path(path).resolve())
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--weightings", nargs="*", choices=WEIGHTINGS, default=[], help="or all")
    arguments = parser.parse_args()
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    for part in arguments.parts:
        if part == CASER_ALONE:
            of_caser_alone(seeds, arguments.data)
        else:
            of_network(part, seeds, arguments.data, arguments.weightings)
    copy_records()


if __name__ == "__main__":
    main()
