"""Features of a request log as numbers and categories, of requests and of candidates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import torch
from torch import Tensor

_FARTHEST = 5.0
"""Standard deviations from the mean beyond which a number is cut."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """Features of requests, or of candidates.

    Attributes:
        dense: (n, num_dense) float32: numbers less their mean in training, over their deviation;
            0 where there is none.
        categories: (n, num_categories) int64; 0 for what training seldom saw, or nothing.
        sizes: How many there are of each category.
    """

    dense: Tensor
    categories: Tensor
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class FeatureLevels:
    """Names of features by what they belong to.

    Attributes:
        of_requests: Do not change within a request.
        of_candidates: Change within a request, and never for a candidate.
        of_neither: Change within a request and for a candidate; they are not read.
    """

    of_requests: tuple[str, ...]
    of_candidates: tuple[str, ...]
    of_neither: tuple[str, ...]


def feature_levels(frame: pl.DataFrame, names: tuple[str, ...]) -> FeatureLevels:
    """Find what each feature belongs to.

    Args:
        frame: Of a ``LogTable``.
        names: Of the features, as in a ``LogTable``.
    """
    levels: dict[str, list[str]] = {"request": [], "candidate": [], "": []}
    for name in names:
        column = pl.col(f"feature:{name}")
        level = ""
        for ids in ("request", "candidate"):
            first = column.first().over(ids)
            if bool(frame.select(column.eq_missing(first).all()).item()):
                level = ids
                break
        levels[level].append(name)
    return FeatureLevels(*(tuple(each) for each in levels.values()))


def encode(columns: pl.DataFrame, known: np.ndarray, rare: int) -> Encoded:
    """Encode columns.

    Args:
        columns: n rows of numbers (float) and words (strings or whole numbers).
        known: (n,) int64, how often training saw each row.
        rare: Times that training must have seen a word for it to have a number of its own.
    """
    dense, categories, sizes = [], [], []
    for column in columns:
        if column.dtype.is_float():
            dense.append(_scaled(column, known))
        else:
            numbers, size = _numbered(column, known, rare)
            categories.append(numbers)
            sizes.append(size)
    size = len(known)
    return Encoded(
        _columns(dense, size, torch.float32), _columns(categories, size, torch.int64), tuple(sizes)
    )


def _scaled(column: pl.Series, known: np.ndarray) -> np.ndarray:
    values = column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    counts = np.where(np.isnan(values), 0, known)
    total = max(1, counts.sum())
    filled = np.nan_to_num(values)
    mean = (filled * counts).sum() / total
    deviation = np.sqrt(((filled - mean) ** 2 * counts).sum() / total)
    scaled = np.where(np.isnan(values), 0.0, (values - mean) / (deviation or 1.0))
    return scaled.clip(-_FARTHEST, _FARTHEST)


def _numbered(column: pl.Series, known: np.ndarray, rare: int) -> tuple[np.ndarray, int]:
    """Numbers from 1 of the words that training saw often, in their order; 0 for others."""
    codes = column.rank("dense").cast(pl.Int64).fill_null(0).to_numpy()
    seen = np.bincount(codes, weights=known, minlength=int(codes.max(initial=0)) + 1)
    is_known = seen >= rare
    is_known[0] = False
    numbers = np.where(is_known, is_known.cumsum(), 0)
    return numbers[codes], int(is_known.sum()) + 1


def _columns(columns: list[np.ndarray], size: int, kind: torch.dtype) -> Tensor:
    stacked = np.stack(columns, axis=1) if columns else np.zeros((size, 0))
    return torch.from_numpy(stacked).to(kind)
