"""Mean and standard deviation over runs that differ in their seeds alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np


def means(
    runs: Sequence[Mapping[str, Any]], measures: Sequence[str] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Average runs over their seeds.

    Args:
        runs: At least one, each with "metrics" and any of the measures.
        measures: Names of sizes and times, such as "fit_seconds".

    Returns:
        Mean and sample standard deviation (None for a single run), each with the measures and
        "metrics" that every run has.
    """

    def over_runs(statistic: Callable[[Sequence[float]], float | None]) -> dict[str, Any]:
        return {
            **_of_each(statistic, [{name: run.get(name) for name in measures} for run in runs]),
            "metrics": _of_each(statistic, [run["metrics"] for run in runs]),
        }

    return over_runs(mean), over_runs(deviation)


def mean(values: Sequence[float]) -> float | None:
    """Average values; None for no values."""
    return float(np.mean(values)) if values else None


def deviation(values: Sequence[float]) -> float | None:
    """Return the sample standard deviation; None for fewer than two values."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def _of_each(
    statistic: Callable[[Sequence[float]], float | None], runs: Sequence[Mapping[str, Any]]
) -> dict[str, float | None]:
    """Apply the statistic to each name that every run has."""
    return {
        name: statistic([run[name] for run in runs])
        for name in runs[0]
        if all(run.get(name) is not None for run in runs)
    }
