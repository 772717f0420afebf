"""Candidates in turn, so that a drift of the machine's speed meets all alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any


def in_turns(
    candidates: Mapping[str, Callable[[], float | None]], turns: int
) -> dict[str, list[float]]:
    """Measure each candidate once per turn; a first turn warms up and is not counted.

    Args:
        candidates: What to run, by name: each returns the seconds that count, or None for all that
            its call took.
        turns: Turns that count.
    """
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for turn in range(turns + 1):
        for name, run in candidates.items():
            start = time.perf_counter()
            own = run()
            seconds = time.perf_counter() - start if own is None else own
            if turn:
                taken[name].append(seconds)
    return taken


def repeated(run: Callable[[], object], at_least: float = 0.05) -> Callable[[], float]:
    """Run something short often enough to be timed; the seconds of one run."""
    start = time.perf_counter()
    run()
    times = max(1, round(at_least / (time.perf_counter() - start)))

    def several() -> float:
        start = time.perf_counter()
        for _ in range(times):
            run()
        return (time.perf_counter() - start) / times

    return several


def summary(values: list[float]) -> dict[str, Any]:
    """Median and spread."""
    low, _, high = statistics.quantiles(values, n=4) if len(values) > 1 else 3 * values
    return {
        "median": statistics.median(values),
        "quartiles": [low, high],
        "range": [min(values), max(values)],
        "times": len(values),
    }


def ratios(over: list[float], under: list[float]) -> dict[str, Any]:
    """One candidate's time over another's, turn by turn."""
    return summary([one / other for one, other in zip(over, under, strict=True)])
