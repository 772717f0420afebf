"""Sizes of the features of a cascade."""

from __future__ import annotations

from typing import NamedTuple


class Vocabulary(NamedTuple):
    """Sizes that a network is made for; primitives, so that a checkpoint can rebuild it."""

    num_items: int
    num_genres: int
    num_dense: int
    num_genders: int
    num_occupations: int
