"""Correct the p-values and the intervals of several tests together, by Holm's method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rankdistill.evaluation.significance import ERROR, PairedTest


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for the number of tests made, by Holm's step-down method.

    Args:
        p_values: One per test of the family, each in [0, 1].

    Returns:
        Adjusted p-values in the order given: below 0.05 means significant at 5% with the chance
        of any false finding in the whole family held at 5%.

    Raises:
        ValueError: If a value is not in [0, 1].

    Reference:
        Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
        Statistics 1979.
    """
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError(f"p-values must lie in [0, 1], got {list(p_values)}.")
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for smaller, index in enumerate(_ascending(p_values)):
        largest = max(largest, min(1.0, (len(p_values) - smaller) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def holm_levels(p_values: Sequence[float]) -> list[float]:
    """Return the level at which Holm's method judges each test of a family.

    The test with the smallest p-value is judged at 5% over the number of tests, the next at 5%
    over one test less, and so on. After the first test that shows nothing, the rest are judged at
    the level of that one. An interval with this chance of error excludes 0 exactly where the
    adjusted p-value is below 5%.

    Args:
        p_values: One per test of the family, each in [0, 1].

    Returns:
        Levels in the order given.
    """
    adjusted = holm(p_values)
    num_shown = sum(p < ERROR for p in adjusted)
    levels = [0.0] * len(p_values)
    for smaller, index in enumerate(_ascending(p_values)):
        levels[index] = ERROR / (len(p_values) - min(smaller, num_shown))
    return levels


def corrected_together(tests: Sequence[PairedTest]) -> list[dict[str, Any]]:
    """Correct a family of paired tests, so that no interval contradicts its p-value.

    Args:
        tests: All tests that are shown together, with 95% intervals.

    Returns:
        Per test, in the order given, the fields of :class:`PairedTest` with "ci_low" and "ci_high"
        at the level of :func:`holm_levels`; "p_holm", the adjusted p-value; and "confidence", such
        as 0.99 for an interval that errs in 1%.
    """
    p_values = [test.p_value for test in tests]
    return [
        {**asdict(test.with_error(level)), "p_holm": p_holm, "confidence": 1 - level}
        for test, p_holm, level in zip(tests, holm(p_values), holm_levels(p_values), strict=True)
    ]


def _ascending(p_values: Sequence[float]) -> list[int]:
    return sorted(range(len(p_values)), key=lambda index: p_values[index])
