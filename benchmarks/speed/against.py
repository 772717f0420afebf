"""Training epochs of this checkout against those of another, the two in turn.

    python -m benchmarks.speed.against NAME CHECKOUT [--threads N] [--turns N] [--busy]

NAME names the report in benchmarks/results/. Each checkout runs in a process of its own, with the
benchmarks of its own, so that a drift of the machine's speed meets both alike. On a machine that
others use, ``--busy`` counts the seconds of the processor in place of those of the clock; take one
thread then, since idle threads that wait for others count too.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import torch
from benchmarks.machine import keep
from benchmarks.speed.epochs import LOSSES, STUDENTS
from benchmarks.speed.figures import table
from benchmarks.speed.training import BATCHES, DIMS
from benchmarks.speed.turns import in_turns

HERE = Path(__file__).resolve().parents[2]
MEDIAN, MOST = 1.15, 1.35
"""What the median of the ratios, and each of them, may come to."""


class Checkout:
    """A process that times epochs with the code of one checkout.

    Args:
        folder: The checkout.
        threads: Of everything.
        clock: ``wall`` or ``processor``.
    """

    def __init__(self, folder: Path, threads: int, clock: str):
        worker = Path(__file__).with_name("against_worker.py")
        path = os.pathsep.join([str(folder), str(folder / "src")])
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(worker), str(threads), clock],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": str(threads)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds(self, cell: list[str | int], num_epochs: int) -> float:
        """Time an epoch of a cell: the mean of several."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([cell, num_epochs]), file=self._process.stdin, flush=True)
        while line := self._process.stdout.readline():
            if line.startswith("seconds "):
                return float(line.split()[1])
        raise RuntimeError(f"the process that times {cell} has ended.")


def main() -> None:
    """Measure all cells and keep the report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.against")
    parser.add_argument("name")
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--busy", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    how = (arguments.threads, "processor" if arguments.busy else "wall")
    folders = {"before": arguments.checkout.resolve(), "after": HERE}
    sides = {name: Checkout(folder, *how) for name, folder in folders.items()}
    rows, found = [], []
    for what, cell in cells().items():
        first = max(side.seconds(cell, 1) for side in sides.values())
        epochs = max(1, min(10, round(0.3 / first)))
        runs = {name: _timed(side, cell, epochs) for name, side in sides.items()}
        taken = in_turns(runs, arguments.turns, warm_up=0)
        pairs = zip(taken["after"], taken["before"], strict=True)
        found.append(statistics.median(after / before for after, before in pairs))
        medians = [1e3 * statistics.median(taken[name]) for name in sides]
        rows.append([what, *(f"{each:.1f}" for each in medians), f"{found[-1]:.2f}"])
        print(*rows[-1], sep=" | ", flush=True)
    keep(arguments.name, _report(rows, found, arguments))


def cells() -> dict[str, list[str | int]]:
    """What is timed, by its name in the report."""
    plain = {
        f"BPR alone, d = {dim}, batches of {batch:,}": ["training", dim, batch]
        for dim in DIMS
        for batch in BATCHES
    }
    distilled = {
        f"{student}; {loss}, d = 10": ["epochs", loss, student]
        for loss in LOSSES
        for student in STUDENTS
    }
    return {**plain, **distilled}


def _timed(side: Checkout, cell: list[str | int], epochs: int):
    return lambda: side.seconds(cell, epochs)


def _report(rows: list[list[str]], found: list[float], arguments: argparse.Namespace) -> list[str]:
    busy = " --busy" if arguments.busy else ""
    unit = "Seconds of the processor" if arguments.busy else "Seconds of the clock"
    return [
        f"{unit}, medians of {arguments.turns} turns each, before and after in turn, with "
        f"`python -m benchmarks.speed.against {arguments.name} CHECKOUT "
        f"--threads {arguments.threads} --turns {arguments.turns}{busy}`; MovieLens 100K.",
        "",
        f"The median of the ratios is {statistics.median(found):.2f} (at most {MEDIAN}), the "
        f"largest {max(found):.2f} (at most {MOST}).",
        "",
        *table(["cell", "ms before", "ms after", "ratio"], rows),
    ]


if __name__ == "__main__":
    main()
