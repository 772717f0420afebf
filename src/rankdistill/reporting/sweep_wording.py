"""How the axes, levels and jobs of a sweep are written for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rankdistill.reporting.wording import decimal

NONE = "-"
"""Where there is nothing to write, or a level is not known."""


def level_text(level: Any) -> str:
    """A level as it is typed on the command line: ``d10``, ``0.003``, ``true``, ``null``."""
    if level is None:
        return "null"
    if isinstance(level, bool):
        return str(level).lower()
    return f"{level:g}" if isinstance(level, float) else str(level)


def levels_text(levels: Mapping[str, Any], axes: Sequence[str]) -> str:
    """Some levels of a configuration as overrides: ``size=d10 weighting=hybrid``."""
    known = [axis for axis in axes if levels.get(axis, NONE) != NONE]
    return " ".join(f"{axis}={level_text(levels[axis])}" for axis in known)


def mean_text(mean: float | None, std: float | None) -> str:
    """``.2123 ± .0031``, or the mean alone where there is a single seed."""
    if mean is None:
        return NONE
    return decimal(mean) if std is None else f"{decimal(mean)} ± {decimal(std)}"


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """``1 job``, ``1,000 jobs``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
