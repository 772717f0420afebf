"""How fast SASRec trains here, and in the libraries that people would take otherwise.

    python benchmarks/sequences/turns.py --data sequences.tsv
        [--peer RecTools=/venvs/rectools/bin/python] [--peer RecBole=...] [--rounds 3]

The file has a user, an item and a position on each line. Each library trains in turn, in a process
of its own and by the interpreter that is named for it, on the first users, with one thread. A rate
is of the epoch after the first, by processor time, which other jobs on the machine
hardly change. Writes benchmarks/results/sequence_speed.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))

from machine import keep  # noqa: E402
from sections import copy_records  # noqa: E402

OURS = "rankdistill"
PROGRAMS = {
    OURS: "ours.py",
    "RecTools": "rectools_sasrec.py",
    "RecBole": "recbole_sasrec.py",
}
SHAPE = {"dim": 64, "length": 50, "batch": 128, "threads": 1, "epochs": 2, "users": 256}


def rate(program: str, interpreter: str, data: str) -> float:
    """Items foretold in a second of the processor."""
    told = [text for name, value in SHAPE.items() for text in (f"--{name}", str(value))]
    ended = subprocess.run(
        [interpreter, str(HERE / program), "--data", data, *told],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": str(SHAPE["threads"])},
    )
    return json.loads(ended.stdout.splitlines()[-1])["rate"]


def main() -> None:
    """Measure in turns, and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--peer", action="append", default=[], help="NAME=INTERPRETER")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    interpreters = {OURS: sys.executable, **dict(text.split("=", 1) for text in arguments.peer)}
    rates: dict[str, list[float]] = {name: [] for name in interpreters}
    for _ in range(arguments.rounds):
        for name, interpreter in interpreters.items():
            rates[name].append(rate(PROGRAMS[name], interpreter, arguments.data))
    shape = ", ".join(f"{name} {value}" for name, value in SHAPE.items())
    lines = [
        f"SASRec of two blocks and two heads, softmax over all items ({shape}); "
        f"medians of {arguments.rounds} turns.",
        "",
        "| library | items foretold in a second of the processor | from | to | ours is faster by |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, found in rates.items():
        ratios = [ours / theirs for ours, theirs in zip(rates[OURS], found, strict=True)]
        faster = "-" if name == OURS else f"{statistics.median(ratios):.1f}"
        middle, low, high = statistics.median(found), min(found), max(found)
        lines.append(f"| {name} | {middle:,.0f} | {low:,.0f} | {high:,.0f} | {faster} |")
    keep("sequence_speed", lines)
    copy_records()


if __name__ == "__main__":
    main()
