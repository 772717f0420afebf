"""The teachers and plain students that the jobs of a sweep are compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rankdistill.evaluation.run_means import deviation, mean
from rankdistill.evaluation.sweep_trials import Level

_ROLES = ("teacher", "student")


@dataclass(frozen=True)
class Reference:
    """A model that a job is compared with.

    Attributes:
        model: "teacher" or "student".
        key: Jobs that share the model share it.
        kind: Models that differ in their seeds alone share it.
        levels: The job's level of each axis, without the seeds.
        metrics: Values such as "test/map@5".
        measures: Sizes, such as "weights_bytes".
    """

    model: str
    key: str
    kind: str
    levels: Mapping[str, Level]
    metrics: Mapping[str, float]
    measures: Mapping[str, float]


def reference_lines(found: Sequence[Reference], metric: str) -> list[dict[str, Any]]:
    """Average the models that a sweep is compared with over their seeds, in groups by axes.

    A group is named by the axes that tell it from the others of its model, such as the size of the
    plain student. Models that no axis tells apart are one group.

    Args:
        found: The models of every job; many jobs share one.
        metric: Such as "map@5"; models without it are left out.

    Returns:
        For each group, teachers first: "model", "levels" (by the axes that name it), "num_runs"
        (different models), "mean" and "std" by metric, and "measures" (means).
    """
    usable = [each for each in found if f"test/{metric}" in each.metrics]
    lines = []
    for role in _ROLES:
        own = [each for each in usable if each.model == role]
        axes = _naming_axes(own)
        groups: dict[tuple[Level, ...], dict[str, Reference]] = {}
        for each in own:
            groups.setdefault(tuple(each.levels[axis] for axis in axes), {})[each.key] = each
        for levels, runs in groups.items():
            lines.append(_line(role, dict(zip(axes, levels, strict=True)), list(runs.values())))
    return lines


def _naming_axes(found: Sequence[Reference]) -> list[str]:
    """List the axes with several levels of which each kind of model has one."""
    by_kind: dict[str, list[Reference]] = {}
    for each in found:
        by_kind.setdefault(each.kind, []).append(each)
    return [
        axis
        for axis in (found[0].levels if found else ())
        if len({each.levels[axis] for each in found}) > 1
        and all(len({each.levels[axis] for each in kind}) == 1 for kind in by_kind.values())
    ]


def _line(role: str, levels: dict[str, Level], runs: Sequence[Reference]) -> dict[str, Any]:
    metrics = [name for name in runs[0].metrics if all(name in run.metrics for run in runs)]
    measures = [name for name in runs[0].measures if all(name in run.measures for run in runs)]
    values = {name: [run.metrics[name] for run in runs] for name in metrics}
    return {
        "model": role,
        "levels": levels,
        "num_runs": len(runs),
        "mean": {name: mean(each) for name, each in values.items()},
        "std": {name: deviation(each) for name, each in values.items()},
        "measures": {name: mean([run.measures[name] for run in runs]) for name in measures},
    }
