"""Read sweeps from their folders: whole, half finished or partly failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rankdistill.evaluation.sweep_trials import UNKNOWN
from rankdistill.sweeps.job_record import JOB_FILE
from rankdistill.sweeps.sweep_job import SweepJob, read_job
from rankdistill.sweeps.sweep_record import SWEEP_FILE, SweepRecord, read_sweep_record

SWEEP_AXIS = "sweep"
"""The axis of a report on several sweeps that tells them apart."""

_LONGEST_NAME = 60


@dataclass(frozen=True)
class Sweep:
    """A sweep's folder.

    Attributes:
        folder: Where it lies.
        name: The folder's name, shortened; its whole path where another sweep has that name.
        record: What the sweep said about itself.
        axes: What was swept, in order.
        jobs: Those that have a folder, sorted by name.
    """

    folder: Path
    name: str
    record: SweepRecord
    axes: tuple[str, ...]
    jobs: tuple[SweepJob, ...]

    @property
    def num_not_started(self) -> int:
        """Jobs of the grid that have no folder yet."""
        return max(0, self.record.num_jobs - len(self.jobs))


def read_sweeps(folders: Sequence[Path]) -> list[Sweep]:
    """Read sweeps.

    Args:
        folders: At least one. A folder that is no sweep stands for all sweeps that lie directly
            in it; a sweep that is named twice is read once.

    Raises:
        FileNotFoundError: If a folder does not exist, or neither is nor holds a sweep.
    """
    found: dict[Path, Path] = {}
    for folder in folders:
        for sweep in _sweeps_in(Path(folder)):
            found.setdefault(sweep.resolve(), sweep)
    sweeps = [read_sweep(folder) for folder in found.values()]
    names = [sweep.name for sweep in sweeps]
    return [
        replace(sweep, name=str(sweep.folder)) if names.count(sweep.name) > 1 else sweep
        for sweep in sweeps
    ]


def read_sweep(folder: Path) -> Sweep:
    """Read one sweep's folder; where its record is missing or half written, its jobs remain."""
    record = read_sweep_record(folder)
    jobs = tuple(read_job(path) for path in sorted(folder.iterdir()) if _is_job(path))
    axes = dict.fromkeys([*record.axes, *(axis for job in jobs for axis in job.axes)])
    return Sweep(folder, _short(folder.resolve().name), record, tuple(axes), jobs)


def joined(sweeps: Sequence[Sweep]) -> tuple[list[str], list[SweepJob]]:
    """Give the jobs of all sweeps a value for every axis of any sweep.

    Where a sweep did not sweep an axis, its jobs have the value from their settings or
    overrides, else ``UNKNOWN``. The first axis of several sweeps is "sweep", with their names.

    Args:
        sweeps: Read by :func:`read_sweeps`.

    Returns:
        The axes, and the jobs in the order of the sweeps.
    """
    axes = list(dict.fromkeys(axis for sweep in sweeps for axis in sweep.axes))
    jobs = []
    for sweep in sweeps:
        of_sweep = {SWEEP_AXIS: sweep.name} if len(sweeps) > 1 else {}
        for job in sweep.jobs:
            values = {axis: _value(job, axis) for axis in axes}
            jobs.append(replace(job, axes={**of_sweep, **values}))
    return [*([SWEEP_AXIS] if len(sweeps) > 1 else []), *axes], jobs


def level_order(sweeps: Sequence[Sweep]) -> dict[str, list[Any]]:
    """List the values of each axis as the sweeps asked for them, the first sweep's first."""
    order: dict[str, list[Any]] = {}
    for sweep in sweeps:
        for axis, levels in sweep.record.values.items():
            known = order.setdefault(axis, [])
            known += [level for level in levels if level not in known]
    return order


def _sweeps_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder}; give one that a sweep has written.")
    if _is_sweep(folder):
        return [folder]
    inside = [path for path in sorted(folder.iterdir()) if path.is_dir() and _is_sweep(path)]
    if not inside:
        raise FileNotFoundError(
            f"{folder} is no sweep: it has no {SWEEP_FILE} and no folders with a {JOB_FILE}. Give "
            "the folder that rankdistill train -m has written, such as outputs/sweeps/NAME."
        )
    return inside


def _short(name: str) -> str:
    """Shorten a name to what a table has room for; its end stays, which may be a digest."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 10]}..{name[-8:]}"


def _is_sweep(folder: Path) -> bool:
    return (folder / SWEEP_FILE).is_file() or any(folder.glob(f"*/{JOB_FILE}"))


def _is_job(path: Path) -> bool:
    """Say whether a folder is a job's: by its record, or Hydra's if it was killed early."""
    return (path / JOB_FILE).exists() or (path / ".hydra").is_dir()


def _value(job: SweepJob, axis: str) -> Any:
    if axis in job.axes:
        return job.axes[axis]
    if axis in job.record.settings:
        return job.record.settings[axis]
    given = (text.lstrip("+").partition("=") for text in job.record.overrides)
    return next((value for key, _, value in given if key == axis), UNKNOWN)
