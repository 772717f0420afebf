"""From the overrides of a grid to named jobs in a named folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hydra.core.override_parser.types import Override

from rankdistill.sweeps.naming import name_of

FREE = ("trainer.threads", "trainer.progress", "trainer.cuda_graphs", "plain_student")
"""Settings that change how a job runs but not what it finds; names leave them out."""

GRID = "sweep"
"""The last word of a group whose options are grids, such as ``sweep``."""


@dataclass(frozen=True)
class Job:
    """One point of the grid.

    Attributes:
        name: Name of its folder: the swept overrides.
        overrides: All overrides of the job, as typed.
    """

    name: str
    overrides: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """A grid.

    Attributes:
        name: Name of its folder; more or fewer values of the axes do not change it.
        axes: The swept keys, in the order of the overrides.
        fixed: The other overrides.
        jobs: Every combination, the last axis fastest.
    """

    name: str
    axes: tuple[str, ...]
    fixed: tuple[str, ...]
    jobs: tuple[Job, ...]


def make_plan(
    command: str,
    overrides: Sequence[Override],
    combinations: Sequence[Sequence[str]],
    name: Callable[[Sequence[str]], str] = name_of,
) -> Plan:
    """Name a grid and its jobs.

    Args:
        command: The command that every job runs.
        overrides: All overrides, those of the grid's YAML first; a later one replaces an earlier
            one of its key.
        combinations: The overrides of every job, made from ``overrides``.
        name: Makes the name of a folder from overrides and plain words.

    Raises:
        ValueError: If a job is in the grid twice.
    """
    last = {override.get_key_element(): override for override in overrides}
    axes = tuple(key for key, override in last.items() if override.is_sweep_override())
    fixed = tuple(
        f"{key}={override.get_value_element_as_str()}"
        for key, override in last.items()
        if key not in axes
    )
    grids = [key for key in last if key.rpartition("/")[2] == GRID]
    title = [] if command == "train" else [command]
    title += [str(last[key].value()) for key in grids] or list(axes)
    shaping = [text for text in fixed if text.partition("=")[0] not in (*FREE, *grids)]
    swept = [[text for text in job if text.partition("=")[0] in axes] for job in combinations]
    jobs = tuple(
        Job(name(values or ["job"]), tuple(job))
        for values, job in zip(swept, combinations, strict=True)
    )
    if len({job.name for job in jobs}) < len(jobs):
        names = [job.name for job in jobs]
        twice = next(each for each in names if names.count(each) > 1)
        raise ValueError(f"The grid has the job {twice} more than once; leave out the repetition.")
    return Plan(name([*title, *shaping] or ["defaults"]), axes, fixed, jobs)
