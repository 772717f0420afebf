"""How much time is left, from the fits that have ended, and the bound where none has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean


def duration(seconds: float) -> str:
    """Write a duration as ``8 s``, ``3 min`` or ``2 h 05 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def time_left(num_left: int, num_ended: int, seconds: float) -> str:
    """Estimate the time left from the pace since the start; empty where nothing is left."""
    if num_left <= 0 or num_ended <= 0:
        return ""
    return f"({duration(num_left * seconds / num_ended)} left)"


def time_of_the_rest(ended: Mapping[str, Sequence[float]], kinds: Sequence[str]) -> str:
    """Estimate how long models take, each as long as those of its kind took.

    Only fits that have ended tell, because a fit stops early and nobody knows when.

    Args:
        ended: Durations in seconds of models that have ended, by kind.
        kinds: The kind of each model that is left.

    Returns:
        A lower bound where none of some kind has ended; empty where nothing is known.
    """
    known = [fmean(ended[kind]) for kind in kinds if kind in ended]
    if not known:
        return ""
    about = "about" if len(known) == len(kinds) else "at least"
    return f"({about} {duration(sum(known))} left)"


def bound(max_epochs: int) -> str:
    """Say when a fit ends, while nobody can know how long it takes."""
    return (
        f"at most {max_epochs} epochs each, fewer where more bring no gain; the time left is known "
        "when fits have ended"
    )
