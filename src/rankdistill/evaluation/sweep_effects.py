"""What each axis of a sweep does by itself, averaged over all the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from rankdistill.evaluation.significance import PairedTest, holm, paired_test
from rankdistill.evaluation.sweep_trials import Configuration, Grid, Level


def effects(grid: Grid, metric: str) -> list[dict[str, Any]]:
    """The marginal effect of every axis that has at least two levels that are known.

    Averages are over the combinations of the other axes that are there for all levels of the
    axis, so that no level owes its mean to its company; where no combination is, over all.

    Args:
        grid: The sweep; every configuration has the metric on validation and on test.
        metric: Such as "map@5".

    Returns:
        The axis that explains most first. Each has

        - "axis"; "best": its level with the highest mean on validation.
        - "levels": in order, per level "level", "val" and "test" (means over configurations),
          "values" (each configuration's on test), "versus_best": the paired t-test of the level
          against the best one ("difference", "ci_low", "ci_high", "p_value", "p_holm" over all
          axes together, "num_pairs"), over runs that differ in this axis alone; None for the best
          level and for fewer than two pairs.
        - "range": between the highest and the lowest mean on test.
        - "eta_squared": the share of the variance between configurations that lies between the
          levels; None where there is no variance, no other axis to share it with, or no complete
          combination to tell the axis from its company.
        - "num_combinations" of the other axes, and "num_complete" of them; the means are balanced
          where these are the same.
    """
    found = [_effect(grid, axis, metric) for axis in grid.axes if len(grid.known(axis)) > 1]
    tests: list[dict[str, Any]] = [
        level["versus_best"] for each in found for level in each["levels"] if level["versus_best"]
    ]
    for test, p_holm in zip(tests, holm([test["p_value"] for test in tests]), strict=True):
        test["p_holm"] = p_holm
    return sorted(found, key=_influence)


def balanced(
    grid: Grid, chosen: Sequence[Configuration], *axes: str
) -> tuple[list[Configuration], int, int]:
    """The configurations whose company is the same for every level of some axes.

    Args:
        grid: The sweep.
        chosen: Of its configurations.
        *axes: Those to look at; with several, every combination of their levels counts.

    Returns:
        The configurations whose other levels are there with every combination of these axes that
        ``chosen`` has, or all where there are none; how many combinations of the other axes there
        are, and how many of them are complete.
    """
    groups: dict[tuple[Level, ...], list[Configuration]] = {}
    for configuration in chosen:
        groups.setdefault(grid.others(configuration, *axes), []).append(configuration)
    places = [grid.number(axis) for axis in axes]
    needed = {tuple(each.levels[place] for place in places) for each in chosen}
    complete = [group for group in groups.values() if len(group) == len(needed)]
    kept = [each for group in complete or groups.values() for each in group]
    return kept, len(groups), len(complete)


def eta_squared(groups: Sequence[Sequence[float]]) -> float | None:
    """The share of the variance of all values that lies between the groups' means.

    Args:
        groups: Of at least one value each.

    Returns:
        Between 0 and 1; None where all values are the same.
    """
    values = np.concatenate([np.asarray(group, np.float64) for group in groups])
    if np.ptp(values) == 0:
        return None
    total = ((values - values.mean()) ** 2).sum()
    between = sum(len(group) * (np.mean(group) - values.mean()) ** 2 for group in groups)
    return float(min(between / total, 1.0))


def _effect(grid: Grid, axis: str, metric: str) -> dict[str, Any]:
    place = grid.number(axis)
    known = grid.known(axis)
    chosen = [each for each in grid.configurations if each.levels[place] in known]
    kept, num_combinations, num_complete = balanced(grid, chosen, axis)
    by_level = {level: [each for each in kept if each.levels[place] == level] for level in known}
    values = {level: _means(group, f"test/{metric}") for level, group in by_level.items()}
    tested = {level: float(np.mean(group)) for level, group in values.items()}
    validated = {
        level: float(np.mean(_means(group, f"val/{metric}"))) for level, group in by_level.items()
    }
    best = max(validated, key=lambda level: validated[level])
    is_alone = all(len(levels) == 1 for other, levels in grid.levels.items() if other != axis)
    has_share = num_complete > 0 and not is_alone
    return {
        "axis": axis,
        "best": best,
        "levels": [
            {
                "level": level,
                "val": validated[level],
                "test": tested[level],
                "values": values[level],
                "versus_best": None if level == best else _versus(grid, axis, level, best, metric),
            }
            for level in by_level
        ],
        "range": max(tested.values()) - min(tested.values()),
        "eta_squared": eta_squared(list(values.values())) if has_share else None,
        "num_combinations": num_combinations,
        "num_complete": num_complete,
    }


def _means(group: Sequence[Configuration], metric: str) -> list[float]:
    return [value for each in group if (value := each.mean(metric)) is not None]


def _versus(grid: Grid, axis: str, level: Level, best: Level, metric: str) -> dict[str, Any] | None:
    """The paired test of a level against the best, over runs alike in all else."""
    sides: dict[Level, dict[tuple[object, ...], float]] = {level: {}, best: {}}
    place = grid.number(axis)
    for each in grid.configurations:
        if each.levels[place] in sides:
            company = grid.others(each, axis)
            for seed, value in each.of_seed(f"test/{metric}").items():
                sides[each.levels[place]][(company, seed)] = value
    both = [key for key in sides[level] if key in sides[best]]
    if len(both) < 2:
        return None
    test: PairedTest = paired_test(
        np.array([sides[level][key] for key in both]), np.array([sides[best][key] for key in both])
    )
    fields = asdict(test)
    return {**fields, "num_pairs": fields.pop("num_users")}


def _influence(effect: dict[str, Any]) -> tuple[bool, float]:
    eta = effect["eta_squared"]
    return (eta is None, -(eta or 0.0))
