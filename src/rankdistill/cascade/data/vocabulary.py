"""Kinds and sizes of the features of a cascade."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Vocabulary(NamedTuple):
    """What a network is made for; primitives, so that a checkpoint can rebuild it.

    Attributes:
        num_items: Size of the catalogue.
        num_genres: Number of genres of items.
        num_dense: Number of features of a request that are numbers.
        categories: For each feature of a request that is a category: how many there are, and the
            size of their embeddings.
        has_histories: Whether requests have the items of the user's history.
    """

    num_items: int
    num_genres: int
    num_dense: int
    categories: Sequence[tuple[int, int]]
    has_histories: bool
