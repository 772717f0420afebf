"""SASRec on the sequences of MovieLens 1M: the loss decides.

    python benchmarks/sasrec.py --data ml-1m-sequences.tsv.gz [--seeds 1,2] [--losses softmax,gbce]
        [--large]

Runs `rankdistill train experiment=sasrec_small` for each loss and seed where it has not ended in
outputs/sasrec yet; a run that was stopped goes on. Writes benchmarks/results/sasrec.md. With
--large it trains `experiment=sasrec_ml_1m` too: for a GPU (--trainer gpu), or a night.

The losses get about as much time as each other: one of few negatives takes shorter epochs and
needs more of them.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from fits import SEQUENCES, Fit, busy, keep_results
from machine import keep
from rankdistill.reporting.wording import decimal
from sections import copy_records

LOSSES = {
    "softmax": ("softmax over all items", ("ranking_loss=softmax", "trainer.max_epochs=40")),
    "sampled_softmax": (
        "sampled softmax, 256 negatives a batch",
        (
            *("ranking_loss=sampled_softmax", "ranking_loss.shared=true"),
            "trainer.max_epochs=80",
        ),
    ),
    "gbce": ("gBCE, 256 negatives", ("ranking_loss=gbce", "trainer.max_epochs=60")),
    "one_negative": (
        "BCE with one negative",
        ("ranking_loss=pointwise", "ranking_loss.num_negatives=1", "trainer.max_epochs=120"),
    ),
}
"""By the name of a folder: what a reader calls a loss, and what is typed."""
SHORT = ("training.learning_rate=0.003", "trainer.patience=5")
"""What lets a training end in minutes on two cores: three times the usual rate of learning."""
SMALL, LARGE = "sasrec_small", "sasrec_ml_1m"


def fit_of(experiment: str, loss: str, data: Path, trainer: str = "cpu") -> Fit:
    """The runs of a loss."""
    settings = (
        *(f"experiment={experiment}", *SEQUENCES, f"data.path={data}"),
        *(*LOSSES[loss][1], *SHORT, f"trainer={trainer}"),
    )
    return Fit(Path("outputs/sasrec") / experiment / loss, settings)


def row(experiment: str, loss: str, runs: list[dict[str, Any]]) -> str:
    """A line of the table: means over seeds."""
    metrics = [
        decimal(float(np.mean([run["metrics"][f"test/{name}"] for run in runs])))
        for name in ("ndcg@10", "recall@10")
    ]
    epochs = np.mean([run["best_epoch"] for run in runs])
    minutes = np.mean([run["fit_seconds"] for run in runs]) / 60
    size = f"{runs[0]['parameters']:,}"
    cells = (f"`{experiment}`", LOSSES[loss][0], size, str(len(runs)), *metrics, f"{epochs:.0f}")
    return f"| {' | '.join((*cells, f'{minutes:.0f}'))} |"


def main() -> None:
    """Train what is missing, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=lambda path: Path(path).resolve())
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--losses", default=",".join(LOSSES))
    parser.add_argument("--trainer", default="cpu")
    parser.add_argument("--large", action="store_true")
    arguments = parser.parse_args()
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    lines = [
        "| experiment | loss | weights | seeds | NDCG@10 | Recall@10 | best epoch | minutes |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    fits = {}
    for experiment in (SMALL, LARGE) if arguments.large else (SMALL,):
        for loss in arguments.losses.split(","):
            fit = fit_of(experiment, loss, arguments.data, arguments.trainer)
            fits[f"{experiment}, {LOSSES[loss][0]}"] = fit
            runs = [fit.result(seed) for seed in seeds]
            lines.append(row(experiment, loss, runs))
    keep_results("sasrec", fits, seeds)
    keep("sasrec", [*lines, "", busy()])
    copy_records()


if __name__ == "__main__":
    main()
