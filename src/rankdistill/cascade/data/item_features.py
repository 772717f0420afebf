"""Features of items that do not change: numbers and categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class ItemFeatures:
    """What is known of each item beside its id.

    Attributes:
        rows: (num_items,) int64 row of each item in a table of embeddings; items that training
            seldom saw share row 0.
        dense: (num_items, num_dense) float32, of about unit size.
        categories: (num_items, num_categories) int64.
        sizes: How many there are of each category.
    """

    rows: Tensor
    dense: Tensor
    categories: Tensor
    sizes: Sequence[int]
