"""The best items of a row of scores."""

from __future__ import annotations

import numpy as np


def top_items(scores: np.ndarray, limit: int) -> np.ndarray:
    """Find the best items; of equal ones the first.

    Args:
        scores: (num_items,), -inf at items that must not be found.
        limit: Most items to find.

    Returns:
        (at most limit,) int64 item rows, best first.
    """
    limit = min(limit, int(np.count_nonzero(scores != -np.inf)))
    if limit < 1:
        return np.empty(0, np.int64)
    place = len(scores) - limit
    candidates = np.flatnonzero(scores >= np.partition(scores, place)[place])
    return candidates[np.argsort(-scores[candidates], kind="stable")[:limit]]
