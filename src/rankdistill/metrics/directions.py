"""Say which metrics can rank models, and whether more or less of them is better."""

from __future__ import annotations

from collections.abc import Iterable

_LESS_IS_BETTER = ("ce", "teacher_ce", "normalised_entropy", "calibration_error")
_NO_DIRECTION = ("alignment_ratio", "calibration")


def more_is_better(metric: str) -> bool:
    """Say whether a metric ranks models most first: no loss, no error, no ratio.

    Args:
        metric: Such as "map@5"; words behind a known name do not matter, as in "ce_like".
    """
    return not _is_one_of(metric, (*_LESS_IS_BETTER, *_NO_DIRECTION))


def less_is_better(metric: str) -> bool:
    """Say whether a metric is a loss or an error, of all tasks or of one."""
    return _is_one_of(metric, _LESS_IS_BETTER)


def _is_one_of(metric: str, names: Iterable[str]) -> bool:
    return any(f"{metric}_".startswith(f"{name}_") for name in names)
