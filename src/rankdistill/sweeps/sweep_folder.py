"""Sweeps as their folders hold them: whole, half finished or partly failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rankdistill.reporting.sweep_wording import NONE
from rankdistill.sweeps.sweep_job import RECORD, SweepJob, mapping, read_job, read_json, sequence

SWEEP, SEED = "sweep", "seed."
_SWEEP_RECORD = "sweep.json"
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Sweep:
    """A sweep's folder.

    Attributes:
        folder: Where it lies.
        name: That of the folder, in short; its whole path where another sweep has the same.
        axes: What was swept, in order.
        order: Values of an axis in the order in which they were asked for, where known.
        num_jobs: Size of the grid, where known.
        jobs: Sorted by name; those whose folder is there.
    """

    folder: Path
    name: str
    axes: tuple[str, ...]
    order: Mapping[str, Sequence[Any]]
    num_jobs: int | None
    jobs: tuple[SweepJob, ...]

    @property
    def num_not_started(self) -> int:
        """Jobs of the grid that have no folder yet."""
        return max(0, (self.num_jobs or 0) - len(self.jobs))


def read_sweeps(folders: Sequence[Path]) -> list[Sweep]:
    """Read sweeps, and all that lie directly in a folder that is none itself.

    Args:
        folders: At least one; a sweep that is named twice is read once.

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
    """Read one sweep's folder; a record that is missing or half written leaves its jobs."""
    record = read_json(folder / _SWEEP_RECORD)
    jobs = tuple(read_job(path) for path in sorted(folder.iterdir()) if _is_job(path))
    named = [str(axis).lstrip("+") for axis in sequence(record.get("axes"))]
    num_jobs = record.get("num_jobs")
    return Sweep(
        folder=folder,
        name=_short(folder.resolve().name),
        axes=tuple(dict.fromkeys([*named, *(axis for job in jobs for axis in job.axes)])),
        order={
            str(axis).lstrip("+"): sequence(levels)
            for axis, levels in mapping(record.get("values")).items()
        },
        num_jobs=num_jobs if isinstance(num_jobs, int) else None,
        jobs=jobs,
    )


def joined(sweeps: Sequence[Sweep]) -> tuple[list[str], list[SweepJob]]:
    """The jobs of all sweeps with a value for every axis of any.

    A sweep that did not sweep an axis has the value that its job was given or has in its
    settings, else ``-``. The first axis of several sweeps is "sweep", with their names.

    Args:
        sweeps: Of :func:`read_sweeps`.

    Returns:
        The axes, and the jobs in the order of the sweeps.
    """
    axes = list(dict.fromkeys(axis for sweep in sweeps for axis in sweep.axes))
    jobs = []
    for sweep in sweeps:
        for job in sweep.jobs:
            values = {axis: _value(job, axis) for axis in axes}
            of_sweep = {SWEEP: sweep.name} if len(sweeps) > 1 else {}
            jobs.append(replace(job, axes={**of_sweep, **values}))
    return [*([SWEEP] if len(sweeps) > 1 else []), *axes], jobs


def is_seed(axis: str) -> bool:
    """Whether results are averaged over an axis."""
    return axis.startswith(SEED)


def _sweeps_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder}; give one that a sweep has written.")
    if _is_sweep(folder):
        return [folder]
    inside = [path for path in sorted(folder.iterdir()) if path.is_dir() and _is_sweep(path)]
    if not inside:
        raise FileNotFoundError(
            f"{folder} is no sweep: it has no {_SWEEP_RECORD} and no folders with a {RECORD}. Give "
            "the folder that rankdistill train -m has written, such as outputs/sweeps/NAME."
        )
    return inside


def _short(name: str) -> str:
    """A name that a table has room for: the beginning, and the end where a digest may be."""
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 10]}..{name[-8:]}"


def _is_sweep(folder: Path) -> bool:
    return (folder / _SWEEP_RECORD).is_file() or any(folder.glob(f"*/{RECORD}"))


def _is_job(path: Path) -> bool:
    """Also a folder that is named like a job and holds no record: it was killed very early."""
    return path.is_dir() and ((path / RECORD).exists() or "=" in path.name)


def _value(job: SweepJob, axis: str) -> Any:
    if axis in job.axes:
        return job.axes[axis]
    if axis in job.settings:
        return job.settings[axis]
    return next((value for key, value in _given(job.overrides) if key == axis), NONE)


def _given(overrides: Iterable[str]) -> Iterable[tuple[str, str]]:
    for text in overrides:
        key, _, value = text.partition("=")
        yield key.lstrip("+"), value
