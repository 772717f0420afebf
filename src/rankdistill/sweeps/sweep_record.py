"""What a sweep's folder says of the sweep, and the lock on what its jobs share."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from rankdistill.files import write_json_atomically

SWEEP, RESULTS = "sweep.json", "results.csv"


@dataclass(frozen=True)
class SweepRecord:
    """The content of sweep.json.

    Attributes:
        command: What every job runs.
        axes: The swept keys, in order.
        values: All values of each.
        metrics: What every job measures on the test items, the most important first.
        fixed: The other overrides.
        num_jobs: Size of the grid.
        code: Fingerprint of the program.
        started: When this start began, in seconds since 1970.
        done_before: Jobs of the grid that had ended well by then.
        rows_before: Rows of results.csv by then: these, and jobs that a wider grid has left.
    """

    command: str
    axes: list[str]
    values: dict[str, list[Any]]
    metrics: list[str]
    fixed: list[str]
    num_jobs: int
    code: str
    started: float
    done_before: int
    rows_before: int

    def write(self, folder: Path) -> None:
        """Replace the folder's record."""
        write_json_atomically(folder / SWEEP, asdict(self))


def read_sweep(folder: Path) -> SweepRecord:
    """The record of a sweep's folder.

    Raises:
        FileNotFoundError: If the folder is no sweep's.
    """
    return SweepRecord(**json.loads((folder / SWEEP).read_text(encoding="utf-8")))


def shared_files(folder: Path) -> FileLock:
    """Held while a job writes what all jobs of a sweep write to."""
    return FileLock(folder / ".results.lock")
