"""Summarise a sweep: means over seeds, tests against a baseline, effects and curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rankdistill.evaluation.sweep_baselines import baselines, user_tests
from rankdistill.evaluation.sweep_curves import curve, heat_map, sizes
from rankdistill.evaluation.sweep_effects import effects
from rankdistill.evaluation.sweep_trials import (
    UNKNOWN,
    Configuration,
    Grid,
    Level,
    Trial,
    make_grid,
)

CURVES = ("backbone.embedding_dim", "distillation.top_k", "distillation.alpha")
LAMBDA, MU = "sharpness.lambda_", "sharpness.mu"


def build_sweep_summary(
    trials: Sequence[Trial],
    axes: Sequence[str],
    metric: str,
    baseline: Mapping[str, Level] | None = None,
    order: Mapping[str, Sequence[Level]] | None = None,
) -> dict[str, Any]:
    """Summarise the runs of a sweep that ended well.

    The best is chosen by the metric on validation and reported by the metric on test: nothing is
    selected on test.

    Args:
        trials: In any number and order; those that lack the metric on validation or test are
            left out.
        axes: What was swept, in order, without the seeds.
        metric: Such as "map@5".
        baseline: Levels of some axes: each configuration is compared with its twin that has
            these. None compares all with the first configuration of the sweep.
        order: Values of an axis in the order in which they were asked for, where known.

    Returns:
        - "metric"; "axes": those with at least two levels; "fixed": the level of each other axis;
          "num_seeds": the fewest and the most seeds of a configuration.
        - "configurations": the best on validation first, each with "levels" by axis (those that
          are known), "num_seeds", "mean" and "std" by metric (std None for a single seed),
          "measures" (means over seeds), "is_baseline", and "test" (see ``user_tests``).
        - "references": models that the configurations are compared with; none yet.
        - "baseline": the levels asked for, None for the first configuration; "first": the levels
          of the first configuration.
        - "best_per_level": "axis", "level" and "configuration", a place in "configurations".
        - "effects", "curves", "heat_map" and "sizes": see the functions that make them; the last
          two are None where nothing was swept that they show.
    """
    usable = [
        trial
        for trial in trials
        if f"val/{metric}" in trial.metrics and f"test/{metric}" in trial.metrics
    ]
    grid = make_grid(usable, axes, order or {})
    against = baselines(grid, baseline)
    tests = user_tests(grid, against, metric)
    found = effects(grid, metric)
    influential = [each["axis"] for each in found]
    ranked = _ranked(grid, metric)
    place = {number: rank for rank, number in enumerate(ranked)}
    quality_against_bytes = sizes(grid, metric, influential)
    for point in quality_against_bytes["points"] if quality_against_bytes else ():
        point["configuration"] = place[point["configuration"]]
    seeds = [len(each.trials) for each in grid.configurations]
    curves = (curve(grid, setting, metric, influential) for setting in CURVES)
    return {
        "metric": metric,
        "axes": [axis for axis in grid.axes if len(grid.levels[axis]) > 1],
        "fixed": _known({axis: each[0] for axis, each in grid.levels.items() if len(each) == 1}),
        "num_seeds": [min(seeds, default=0), max(seeds, default=0)],
        "configurations": [
            {
                **_described(grid, grid.configurations[number]),
                "is_baseline": against[number] == number,
                "test": tests[number],
            }
            for number in ranked
        ],
        "references": [],
        "baseline": None if baseline is None else _known(baseline),
        "first": _levels(grid, grid.configurations[0]) if grid.configurations else {},
        "best_per_level": _best_per_level(grid, ranked),
        "effects": found,
        "curves": [each for each in curves if each],
        "heat_map": heat_map(grid, LAMBDA, MU, metric),
        "sizes": quality_against_bytes,
    }


def _ranked(grid: Grid, metric: str) -> list[int]:
    """Order the configurations' numbers by validation, the best first; of equals the earlier."""
    validated = [each.mean(f"val/{metric}") or 0.0 for each in grid.configurations]
    return sorted(range(len(validated)), key=lambda number: -validated[number])


def _levels(grid: Grid, configuration: Configuration) -> dict[str, Level]:
    return _known(dict(zip(grid.axes, configuration.levels, strict=True)))


def _known(levels: Mapping[str, Level]) -> dict[str, Level]:
    return {axis: level for axis, level in levels.items() if level != UNKNOWN}


def _described(grid: Grid, configuration: Configuration) -> dict[str, Any]:
    metrics = dict.fromkeys(name for trial in configuration.trials for name in trial.metrics)
    measures = dict.fromkeys(name for trial in configuration.trials for name in trial.measures)
    return {
        "levels": _levels(grid, configuration),
        "num_seeds": len(configuration.trials),
        "mean": {name: configuration.mean(name) for name in metrics},
        "std": {name: configuration.std(name) for name in metrics},
        "measures": {name: configuration.measure(name) for name in measures},
    }


def _best_per_level(grid: Grid, ranked: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {"axis": axis, "level": level, "configuration": rank}
        for axis, levels in grid.levels.items()
        if len(levels) > 1
        for level in grid.known(axis)
        for rank in [_first_with(grid, ranked, axis, level)]
    ]


def _first_with(grid: Grid, ranked: Sequence[int], axis: str, level: Level) -> int:
    place = grid.number(axis)
    return next(
        rank
        for rank, number in enumerate(ranked)
        if grid.configurations[number].levels[place] == level
    )
