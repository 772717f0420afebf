"""(user, item) pairs that a source lists more than once."""

from __future__ import annotations

import numpy as np


def repeated_rows(pairs: np.ndarray) -> np.ndarray:
    """Rows whose pair an earlier row already has, ascending.

    Args:
        pairs: (n,) int64, a number for each pair.
    """
    order = np.argsort(pairs, kind="stable")
    repeats = pairs[order[1:]] == pairs[order[:-1]]
    return np.sort(order[1:][repeats])


def last_rows(pairs: np.ndarray, timestamps: np.ndarray | None) -> np.ndarray:
    """The row of each pair that is latest in time, and of those at one time the last, ascending.

    Args:
        pairs: (n,) int64, a number for each pair.
        timestamps: (n,) int64, or None if the order of the rows is all there is.
    """
    if timestamps is None:
        order = np.argsort(pairs, kind="stable")
    else:
        order = np.lexsort((timestamps, pairs))
    is_last = np.ones(len(order), dtype=bool)
    is_last[:-1] = pairs[order[1:]] != pairs[order[:-1]]
    return np.sort(order[is_last])
