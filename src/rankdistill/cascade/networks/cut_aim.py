"""What an early ranker's cut is for, as its losses need to know it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class CutAim(NamedTuple):
    """The cut that a student is to make.

    Attributes:
        value: Weights, one a task, of the probabilities in the score that a ranker sorts by.
        top_k: Size k of the final ranker's top.
        kept: Number m of candidates that the early ranker keeps.
    """

    value: Sequence[float]
    top_k: int
    kept: int
