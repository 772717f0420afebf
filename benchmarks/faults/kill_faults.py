"""Sweeps that are killed at random moments: nothing is lost, and nothing is left lying about."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from benchmarks.faults.setting_faults import SMALL
from benchmarks.faults.verdict import Fault

COMMAND = [
    *(sys.executable, "-m", "rankdistill", "train", "-m", *SMALL, "trainer.threads=1"),
    *("size=d2,d4", "seed.split=0,1", "hydra.sweep.dir=sweep"),
]
MEASURED = "test/map@5"


def kills(random: Random, folder: Path, number: int) -> Iterator[Fault]:
    """Kill a sweep again and again, let it end: the figures of a sweep that nobody killed."""
    undisturbed, killed = folder / "undisturbed", folder / "killed"
    for place in (undisturbed, killed):
        place.mkdir()
    start = time.monotonic()
    _end(undisturbed)
    seconds = time.monotonic() - start
    expected = _figures(undisturbed)
    for turn in range(number):
        process = _start(killed)
        try:
            process.wait(random.uniform(0.2, 0.9) * seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        kept = _figures(killed)
        lost = {job: value for job, value in kept.items() if expected.get(job) != value}
        yield Fault(f"kill {turn + 1}", f"other figures: {lost}" if lost else "")
    _end(killed)
    left = [str(path) for path in killed.rglob(".*.tmp*")]
    wrong = "" if _figures(killed) == expected else "other figures in the end"
    yield Fault("the end", wrong or (f"left over: {left}" if left else ""))


def _start(folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HYDRA_FULL_ERROR": "0"}
    return subprocess.Popen(
        COMMAND,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _end(folder: Path) -> None:
    if (status := _start(folder).wait()) != 0:
        raise RuntimeError(f"The sweep in {folder} ended with status {status}.")


def _figures(folder: Path) -> dict[str, str]:
    """The monitored figure of each job in results.csv; whole at any moment."""
    path = folder / "sweep" / "results.csv"
    if not path.is_file():
        return {}
    with path.open(newline="") as file:
        return {row["job"]: row.get(MEASURED, "") for row in csv.DictReader(file)}
