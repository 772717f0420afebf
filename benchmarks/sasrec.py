"""SASRec on the sequences of MovieLens 1M: the loss decides.

    python benchmarks/sasrec.py --data ml-1m-sequences.tsv.gz [--seeds 1,2] [--large]

Runs `rankdistill train experiment=sasrec_small` for each loss and seed where it has not ended in
outputs/sasrec yet; a run that was stopped goes on. Writes benchmarks/results/sasrec.md. With
--large it trains `experiment=sasrec_ml_1m` too: for a GPU (--trainer gpu), or a night.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from machine import keep
from rankdistill.reporting.wording import decimal
from rankdistill.runs.fit import METRICS as METRICS_FILE
from sections import copy_records

LOSSES = {
    "softmax": ("softmax over all items", ("ranking_loss=softmax",)),
    "one_negative": (
        "BCE with one negative",
        ("ranking_loss=pointwise", "ranking_loss.num_negatives=1"),
    ),
}
"""By the name of a folder: what a reader calls a loss, and what is typed."""
SMALL, LARGE = "sasrec_small", "sasrec_ml_1m"


def trained(experiment: str, loss: str, seed: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """The content of a run's metrics.json; it is run where it has not ended."""
    folder = Path("outputs/sasrec") / experiment / loss / f"seed-{seed}"
    if not (folder / METRICS_FILE).exists():
        command = (
            *(sys.executable, "-m", "rankdistill", "train", f"experiment={experiment}"),
            *("data=delimited", f"data.path={arguments.data}", "data.timestamp_column=position"),
            *(*LOSSES[loss][1], f"seed.initialization={seed}", f"trainer={arguments.trainer}"),
            *("trainer.progress=false", "projector=false"),
            *("resume=true", f"hydra.run.dir={folder}"),
        )
        subprocess.run(command, check=True)
    return json.loads((folder / METRICS_FILE).read_text())


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
    parser.add_argument("--trainer", default="cpu")
    parser.add_argument("--large", action="store_true")
    arguments = parser.parse_args()
    seeds = [int(seed) for seed in arguments.seeds.split(",")]
    lines = [
        "| experiment | loss | weights | seeds | NDCG@10 | Recall@10 | best epoch | minutes |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for experiment in (SMALL, LARGE) if arguments.large else (SMALL,):
        for loss in LOSSES:
            runs = [trained(experiment, loss, seed, arguments) for seed in seeds]
            lines.append(row(experiment, loss, runs))
    keep("sasrec", lines)
    copy_records()


if __name__ == "__main__":
    main()
