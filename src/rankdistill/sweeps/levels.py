"""The levels of a sweep's axes: how they are typed, and which axes are seeds."""

from __future__ import annotations

from typing import Any

SEED = "seed."


def is_seed(axis: str) -> bool:
    """Say whether results are averaged over an axis."""
    return axis.startswith(SEED)


def level_text(level: Any) -> str:
    """Write a level as on the command line: ``d10``, ``0.003``, ``true``, ``null``."""
    if level is None:
        return "null"
    if isinstance(level, bool):
        return str(level).lower()
    return f"{level:g}" if isinstance(level, float) else str(level)
