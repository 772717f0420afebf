"""Candidates in turn, so that a drift of the machine's speed meets all alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

Runs = Mapping[str, Callable[[], float | None]]
"""What to run, by name: each returns the seconds that count, or None for all that it took."""


def in_turns(runs: Runs, turns: int, warm_up: int = 1) -> dict[str, list[float]]:
    """Run each once per turn; the first ``warm_up`` turns come before ``turns`` that count."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(warm_up + turns):
        for name, run in runs.items():
            start = time.perf_counter()
            own = run()
            seconds = time.perf_counter() - start if own is None else own
            if turn >= warm_up:
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
