"""Consecutive ids for whatever a source calls its users and items."""

from __future__ import annotations

import numpy as np
import polars as pl


def encode_integers(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Map integers to their rank among the distinct ones.

    Args:
        values: (n,) integers, in any order.

    Returns:
        (n,) int64 codes, and the (k,) distinct values, ascending: ``values == distinct[codes]``.
    """
    low, high = int(values.min()), int(values.max())
    if high - low > 4 * len(values) + 1_000_000:  # a table of everything between would be wasteful
        distinct, codes = np.unique(values, return_inverse=True)
        return codes.astype(np.int64), distinct
    occurs = np.zeros(high - low + 1, dtype=bool)
    shifted = values - low
    occurs[shifted] = True
    return (np.cumsum(occurs, dtype=np.int64) - 1)[shifted], np.flatnonzero(occurs) + low


def encode_strings(values: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """Map strings to their rank: in numeric order if all are integers (64 bit), else as text.

    Spaces around a string do not count.

    Args:
        values: (n,) strings, none null, in any order.

    Returns:
        (n,) int64 codes, and the (k,) distinct strings (object array), in order of their codes.
    """
    categories = values.cast(pl.Categorical)
    codes = categories.to_physical().to_numpy()
    distinct = categories.unique()
    raw = distinct.to_physical().to_numpy()
    names = distinct.cast(pl.String).str.strip_chars().rename("name")
    numbers = names.cast(pl.Int64, strict=False).rename("number")
    # An integer may be spelt in more than one way: "7" and "07" differ, and their order is fixed.
    keys = [names] if numbers.null_count() else [numbers, names]
    ordered = pl.DataFrame(keys).unique().sort([key.name for key in keys]).with_row_index("code")
    ranks = names.to_frame().join(ordered, on="name", how="left", maintain_order="left")["code"]
    lookup = np.zeros(int(raw.max()) + 1, dtype=np.int64)
    lookup[raw] = ranks.to_numpy()
    return lookup[codes], np.array(ordered["name"].to_list(), dtype=object)
