"""The effect of each axis of a sweep, averaged over all other axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rankdistill.evaluation.multiple_tests import corrected_together
from rankdistill.evaluation.significance import PairedTest, paired_test
from rankdistill.evaluation.sweep_trials import Configuration, Grid, Level


def effects(grid: Grid, metric: str) -> list[dict[str, Any]]:
    """Measure the marginal effect of every axis that has at least two known levels.

    Averages are over the combinations of the other axes that every level of the axis has, so
    that levels are compared under equal conditions. Where there is no such combination, averages
    are over all.

    Args:
        grid: The sweep; every configuration has the metric on validation and on test.
        metric: Such as "map@5".

    Returns:
        An entry per axis, the axis that explains most first:

        - "axis"; "best": its level with the highest mean on validation.
        - "levels": for each level "level", "val" and "test" (means over configurations), "values"
          (each configuration's on test), and "versus_best": the paired t-test of the level
          against the best one, over runs that differ in this axis alone: what
          ``corrected_together`` says of the tests of all axes, with "num_pairs" in the place of
          "num_users". It is None for the best level and for fewer than two pairs.
        - "range": the highest mean on test minus the lowest.
        - "eta_squared": the share of the variance between configurations that lies between the
          levels. It is None where there is no variance, no other axis, or no combination of the
          other axes that every level has.
        - "num_combinations": combinations of the other axes; "num_complete": those that every
          level has.
    """
    found = [_effect(grid, axis, metric) for axis in grid.axes if len(grid.known(axis)) > 1]
    tested = [level for each in found for level in each["levels"] if level["versus_best"]]
    corrected = corrected_together([level["versus_best"] for level in tested])
    for level, fields in zip(tested, corrected, strict=True):
        level["versus_best"] = {"num_pairs": fields.pop("num_users"), **fields}
    return sorted(found, key=_influence)


def balanced(
    grid: Grid, chosen: Sequence[Configuration], *axes: str
) -> tuple[list[Configuration], int, int]:
    """Keep the configurations that let the levels of some axes be compared.

    A combination of levels of the other axes is complete where it was run with every level of
    these axes (with several axes, with every combination of their levels) that ``chosen`` has.

    Args:
        grid: The sweep.
        chosen: Some of its configurations.
        *axes: The axes whose levels are compared.

    Returns:
        The configurations of complete combinations, or all where none is complete; the number of
        combinations of the other axes; how many of them are complete.
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
    """Return the share of the variance of all values that lies between the groups' means.

    Args:
        groups: At least one value in each.

    Returns:
        Between 0 and 1; None where all values are equal.
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


def _versus(grid: Grid, axis: str, level: Level, best: Level, metric: str) -> PairedTest | None:
    """Test a level against the best one, over runs that are equal on all other axes."""
    sides: dict[Level, dict[tuple[object, ...], float]] = {level: {}, best: {}}
    place = grid.number(axis)
    for each in grid.configurations:
        if each.levels[place] in sides:
            others = grid.others(each, axis)
            for seed, value in each.of_seed(f"test/{metric}").items():
                sides[each.levels[place]][(others, seed)] = value
    both = [key for key in sides[level] if key in sides[best]]
    if len(both) < 2:
        return None
    return paired_test(
        np.array([sides[level][key] for key in both]), np.array([sides[best][key] for key in both])
    )


def _influence(effect: dict[str, Any]) -> tuple[bool, float]:
    eta = effect["eta_squared"]
    return (eta is None, -(eta or 0.0))
