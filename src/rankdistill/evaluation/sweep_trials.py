"""The runs of a sweep, gathered into configurations that differ in more than their seeds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rankdistill.evaluation.run_means import deviation, mean

Level = str | int | float | bool | None
"""A value of an axis."""

UNKNOWN = "-"
"""The level of a run whose sweep did not sweep the axis and does not tell its value."""

UserValues = tuple[np.ndarray, np.ndarray]
"""Ids (num_users,), ascending, and the users' values (num_users,)."""


@dataclass(frozen=True, eq=False)
class Trial:
    """One run that ended well.

    Attributes:
        job: Name of its job.
        axes: Level of each axis, without the seeds.
        seed: Its seeds; runs of two configurations are paired where their seeds are equal.
        metrics: Values such as "val/map@5" and "test/map@5".
        measures: Sizes and times, such as "weights_bytes".
        settings: Numbers of its configuration, such as "backbone.embedding_dim".
        data: Names the data it was measured on; only runs on equal data are compared user by
            user.
        per_user: Loads the test values of a metric, such as "map@5"; None where there are none.
    """

    job: str
    axes: Mapping[str, Level]
    seed: tuple[object, ...]
    metrics: Mapping[str, float]
    measures: Mapping[str, float]
    settings: Mapping[str, float]
    data: str
    per_user: Callable[[str], UserValues | None]


@dataclass(frozen=True, eq=False)
class Configuration:
    """Runs that differ in their seeds alone.

    Attributes:
        levels: Level of each axis, in the order of the axes.
        trials: At least one.
    """

    levels: tuple[Level, ...]
    trials: tuple[Trial, ...]

    def mean(self, metric: str) -> float | None:
        """Average a metric over the seeds; None where no run has it."""
        return mean([trial.metrics[metric] for trial in self.trials if metric in trial.metrics])

    def std(self, metric: str) -> float | None:
        """Return the standard deviation of a metric over the seeds; None for a single seed."""
        return deviation(
            [trial.metrics[metric] for trial in self.trials if metric in trial.metrics]
        )

    def measure(self, name: str) -> float | None:
        """Average a size or a time over the seeds; None where it is not known."""
        return mean([trial.measures[name] for trial in self.trials if name in trial.measures])

    def setting(self, name: str) -> float | None:
        """Return a numeric setting; None where it is not known or the runs differ in it."""
        values = {trial.settings.get(name) for trial in self.trials}
        return values.pop() if len(values) == 1 else None

    def of_seed(self, metric: str) -> dict[tuple[object, ...], float]:
        """Return the metric of each seed that has it."""
        return {t.seed: t.metrics[metric] for t in self.trials if metric in t.metrics}


@dataclass(frozen=True, eq=False)
class Grid:
    """The configurations of a sweep that have a run.

    Attributes:
        axes: Names, in the order of the sweep.
        levels: Levels of each axis that a run has, in order.
        configurations: Sorted by the first axis, then the second, and so on.
    """

    axes: tuple[str, ...]
    levels: Mapping[str, tuple[Level, ...]]
    configurations: tuple[Configuration, ...]

    def number(self, axis: str) -> int:
        """Return the place of an axis in every configuration's levels."""
        return self.axes.index(axis)

    def known(self, axis: str) -> list[Level]:
        """List the levels of an axis without ``UNKNOWN``."""
        return [level for level in self.levels[axis] if level != UNKNOWN]

    def others(self, configuration: Configuration, *without: str) -> tuple[Level, ...]:
        """List the levels of a configuration on all axes but some."""
        pairs = zip(self.axes, configuration.levels, strict=True)
        return tuple(level for axis, level in pairs if axis not in without)


def make_grid(
    trials: Sequence[Trial], axes: Sequence[str], order: Mapping[str, Sequence[Level]]
) -> Grid:
    """Gather runs into configurations.

    Args:
        trials: Each has a level for every axis.
        axes: In the order of the sweep.
        order: Levels of an axis in the order in which they were asked for, where known. Other
            levels follow as people count: numbers by size, d2 before d10.
    """
    groups: dict[tuple[Level, ...], list[Trial]] = {}
    for trial in trials:
        groups.setdefault(tuple(trial.axes[axis] for axis in axes), []).append(trial)
    levels = {
        axis: tuple(
            sorted({key[place] for key in groups}, key=lambda level: _rank(level, asked_for))
        )
        for place, axis in enumerate(axes)
        for asked_for in [order.get(axis, ())]
    }
    ordered = sorted(
        groups,
        key=lambda key: [levels[axis].index(one) for axis, one in zip(axes, key, strict=True)],
    )
    return Grid(tuple(axes), levels, tuple(Configuration(k, tuple(groups[k])) for k in ordered))


def _rank(level: Level, order: Sequence[Level]) -> tuple[int, float, list[tuple[int, str]]]:
    if level in order:
        return 0, order.index(level), []
    if level is None:
        return 1, 0, []
    if isinstance(level, bool | int | float):
        return 2, level, []
    parts = re.split(r"(\d+)", level)
    return 3, 0, [(int(part), "") if part.isdecimal() else (0, part) for part in parts if part]
