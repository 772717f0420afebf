"""Why an item is in a list: the items of the history that add most to its score."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Reason(NamedTuple):
    """An item of a history that speaks for a recommendation.

    Attributes:
        item: The id that the source of the data has for it.
        title: What a person would call it, or None.
        part: What it adds to the score.
    """

    item: str
    title: str | None
    part: float


def main_parts(parts: np.ndarray, limit: int) -> list[np.ndarray]:
    """Find the items of a history that add most to each score; of equal ones the first.

    Args:
        parts: (length of the history, number of scores) what each item adds to each score.
        limit: Most items to find for a score. Those that add nothing are never found.

    Returns:
        For each score positions in the history, most important first.
    """
    order = np.argsort(-parts, axis=0, kind="stable")[:limit]
    return [rows[column[rows] > 0] for rows, column in zip(order.T, parts.T, strict=True)]
