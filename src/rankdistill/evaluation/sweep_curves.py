"""The metric of a sweep as a function of the numbers that its axes set."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rankdistill.evaluation.run_means import deviation, mean
from rankdistill.evaluation.sweep_effects import balanced
from rankdistill.evaluation.sweep_trials import UNKNOWN, Configuration, Grid

_MOST_LINES = 6


def curve(
    grid: Grid, setting: str, metric: str, influential: Sequence[str]
) -> dict[str, Any] | None:
    """Lay out the test metric over a number, with a line per level of another axis.

    The other axis is the one that matters most. A point averages over the axes that are left,
    over the combinations of them that every point of its line has, or over all where there is
    none.

    Args:
        grid: The sweep; every configuration has the metric.
        setting: Such as "distillation.top_k".
        metric: Such as "map@5".
        influential: The axes, those that matter most first.

    Returns:
        "setting"; "axis": the one that sets it; "by": the other axis, None for a single line;
        "lines" of "level" and "points". A point is "x", "mean" and "std" (over the seeds that all
        of its configurations have; None for fewer than two). None where no axis sets the number
        to at least two values.
    """
    axis = axis_behind(grid, setting)
    if axis is None:
        return None
    for by in (*influential, None):
        lines = [] if by == axis else _lines(grid, setting, metric, axis, by)
        if 2 <= len(lines) <= _MOST_LINES or (lines and by is None):
            return {"setting": setting, "axis": axis, "by": by, "lines": lines}
    return None


def heat_map(grid: Grid, across: str, down: str, metric: str) -> dict[str, Any] | None:
    """Lay out the test metric over two numbers that two axes set.

    Args:
        grid: The sweep; every configuration has the metric.
        across: The setting of the columns, such as "sharpness.lambda_".
        down: The setting of the rows.
        metric: Such as "map@5".

    Returns:
        "across" and "down"; "x" and "y": the numbers, ascending; "mean": a list per y of a value
        per x, None where there is none. Means are over the combinations of the other axes that
        all cells have, or over all where there is none. None where not two different axes set the
        two numbers.
    """
    axes = (axis_behind(grid, across), axis_behind(grid, down))
    if axes[0] is None or axes[1] is None or axes[0] == axes[1]:
        return None
    chosen = [
        each
        for each in grid.configurations
        if None not in (each.setting(across), each.setting(down))
    ]
    kept, *_ = balanced(grid, chosen, axes[0], axes[1])
    cells: dict[tuple[float, float], list[float]] = {}
    for each in kept:
        column, row, value = each.setting(across), each.setting(down), each.mean(f"test/{metric}")
        if column is not None and row is not None and value is not None:
            cells.setdefault((column, row), []).append(value)
    x, y = (sorted({cell[side] for cell in cells}) for side in (0, 1))
    return {
        "across": across,
        "down": down,
        "x": x,
        "y": y,
        "mean": [[mean(cells.get((column, row), [])) for column in x] for row in y],
    }


def sizes(grid: Grid, metric: str, influential: Sequence[str]) -> dict[str, Any] | None:
    """Lay out quality against bytes: for each size and kind, the best on validation.

    Args:
        grid: The sweep; every configuration has the metric.
        metric: Such as "map@5".
        influential: The axes, those that matter most first.

    Returns:
        "by": the axis whose levels are the kinds, None for one kind; "axis": the one that sets the
        size, None where several do; "points" of "level", "configuration" (its number),
        "num_bytes", and "mean" and "std" on test. None where all sizes are within 1%.
    """
    known = [
        (number, each, num_bytes)
        for number, each in enumerate(grid.configurations)
        if (num_bytes := each.measure("weights_bytes"))
    ]
    if len({_near(num_bytes) for *_, num_bytes in known}) < 2:
        return None
    axis = _sets(grid, lambda each: _near(each.measure("weights_bytes") or 1))
    kinds = [other for other in influential if other != axis and _can_be_kinds(grid, other)]
    by = kinds[0] if kinds else None
    best: dict[tuple[Any, int], tuple[float, dict[str, Any]]] = {}
    for number, each, num_bytes in known:
        level = each.levels[grid.number(by)] if by else None
        validated = each.mean(f"val/{metric}") or 0.0
        point = {
            "level": level,
            "configuration": number,
            "num_bytes": num_bytes,
            "mean": each.mean(f"test/{metric}"),
            "std": each.std(f"test/{metric}"),
        }
        key = (level, _near(num_bytes))
        if key not in best or validated > best[key][0]:
            best[key] = (validated, point)
    return {"by": by, "axis": axis, "points": [point for _, point in best.values()]}


def axis_behind(grid: Grid, setting: str) -> str | None:
    """Find the axis whose level sets a number: the setting itself where it was swept."""
    return _sets(grid, lambda each: each.setting(setting), preferred=setting)


def _sets(grid: Grid, value_of: Any, preferred: str | None = None) -> str | None:
    """Find an axis that has one value for each level, and at least two values."""
    fitting = []
    for place, axis in enumerate(grid.axes):
        found: dict[Any, set[Any]] = {}
        for each in grid.configurations:
            value = value_of(each)
            if value is not None:
                found.setdefault(each.levels[place], set()).add(value)
        numbers = {value for values in found.values() for value in values}
        if len(numbers) > 1 and all(len(values) == 1 for values in found.values()):
            fitting.append((axis != preferred, len(found) - len(numbers), axis))
    return min(fitting, key=lambda each: each[:2])[2] if fitting else None


def _can_be_kinds(grid: Grid, axis: str) -> bool:
    return 1 < len(grid.known(axis)) <= _MOST_LINES and UNKNOWN not in grid.levels[axis]


def _lines(
    grid: Grid, setting: str, metric: str, axis: str, by: str | None
) -> list[dict[str, Any]]:
    """Make a line of at least two points for each known level of ``by``, or one over all."""
    lines = []
    for level in grid.known(by) if by else (None,):
        chosen = [
            each
            for each in grid.configurations
            if each.setting(setting) is not None
            and (by is None or each.levels[grid.number(by)] == level)
        ]
        points = _points(balanced(grid, chosen, axis)[0], setting, metric)
        if len(points) > 1:
            lines.append({"level": level, "points": points})
    return lines


def _points(kept: Sequence[Configuration], setting: str, metric: str) -> list[dict[str, Any]]:
    groups: dict[float, list[Configuration]] = {}
    for each in kept:
        number = each.setting(setting)
        if number is not None:
            groups.setdefault(number, []).append(each)
    return [
        {
            "x": x,
            "mean": mean(
                [value for each in group if (value := each.mean(f"test/{metric}")) is not None]
            ),
            "std": deviation(_of_common_seeds(group, f"test/{metric}")),
        }
        for x, group in sorted(groups.items())
    ]


def _of_common_seeds(group: Sequence[Configuration], metric: str) -> list[float]:
    """Average over configurations, for each seed that all of them have."""
    values = [each.of_seed(metric) for each in group]
    common = [seed for seed in values[0] if all(seed in other for other in values)]
    return [sum(other[seed] for other in values) / len(values) for seed in common]


def _near(num_bytes: float) -> int:
    return round(100 * math.log(num_bytes))
