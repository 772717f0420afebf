"""sweep.json: what a sweep is, and the lock on the files that its jobs share."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock

from rankdistill.files import write_json_atomically
from rankdistill.sweeps.json_values import mapping, number, read_json, sequence

SWEEP_FILE, RESULTS = "sweep.json", "results.csv"


@dataclass(frozen=True)
class SweepRecord:
    """The content of sweep.json.

    Attributes:
        command: The command that every job runs.
        axes: The swept keys, in order.
        values: All values of each swept key, in the order in which they were asked for.
        metrics: What every job measures on the test items, the most important first.
        fixed: The other overrides.
        num_jobs: Size of the grid; 0 where it is not known.
        code: Fingerprint of the program.
        started: When this start of the sweep began, in seconds since 1970.
        done_before: Number of jobs of the grid that had ended well by then.
        rows_before: Number of rows in results.csv by then. It is larger than ``done_before``
            where an earlier, wider grid has left jobs in the folder.
    """

    command: str = ""
    axes: list[str] = field(default_factory=list)
    values: dict[str, list[Any]] = field(default_factory=dict)
    metrics: list[str] = field(default_factory=list)
    fixed: list[str] = field(default_factory=list)
    num_jobs: int = 0
    code: str = ""
    started: float = 0.0
    done_before: int = 0
    rows_before: int = 0

    def write(self, folder: Path) -> None:
        """Replace the record in the sweep's folder."""
        write_json_atomically(folder / SWEEP_FILE, asdict(self))


def read_sweep_record(folder: Path) -> SweepRecord:
    """Read the record of a sweep's folder; what is missing or half written has its default."""
    content = read_json(folder / SWEEP_FILE)
    return SweepRecord(
        command=str(content.get("command", "")),
        axes=[_key(axis) for axis in sequence(content.get("axes"))],
        values={
            _key(axis): sequence(levels) for axis, levels in mapping(content.get("values")).items()
        },
        metrics=list(map(str, sequence(content.get("metrics")))),
        fixed=list(map(str, sequence(content.get("fixed")))),
        num_jobs=int(number(content.get("num_jobs")) or 0),
        code=str(content.get("code", "")),
        started=number(content.get("started")) or 0.0,
        done_before=int(number(content.get("done_before")) or 0),
        rows_before=int(number(content.get("rows_before")) or 0),
    )


def shared_files(folder: Path) -> FileLock:
    """Return the lock that a job holds while it writes to the files that all jobs share."""
    return FileLock(folder / ".results.lock")


def _key(axis: Any) -> str:
    """Leave out the + of a key that was added on the command line."""
    return str(axis).lstrip("+")
