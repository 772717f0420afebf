"""How much a pair counts in a ranking loss: quantities of its rows, added up."""

from __future__ import annotations

import math
import re

import numpy as np
import torch
from torch import Tensor

from rankdistill.data.columns import guess_columns
from rankdistill.data.interactions import Interactions
from rankdistill.data.read_table import ReadTable

_NUMBERS = re.compile("integers|numbers|u?int|float|decimal")  # kinds of columns, Parquet's too


def weights_of_pairs(pairs: np.ndarray, rows: np.ndarray, values: np.ndarray) -> Tensor | None:
    """Add the weights of the rows of each pair up, as the quantities of repeated orders do.

    Args:
        pairs: (n,) int64, a number for each pair.
        rows: (m,) int64, one row of each pair.
        values: (n,) positive weights of the rows.

    Returns:
        (m,) float32, for the pair of each of ``rows``; None where all count one.
    """
    sums = values[rows]
    if len(rows) < len(pairs):
        distinct, which = np.unique(pairs, return_inverse=True)
        sums = np.bincount(which, values)[np.searchsorted(distinct, pairs[rows])]
    return None if (sums == 1).all() else torch.tensor(sums, dtype=torch.float32)


def describe_weights(interactions: Interactions) -> str | None:
    """Say from where to where weights go and how unlike they are; None where all count one."""
    weights = interactions.weights
    if weights is None:
        return None
    ordered = weights.double().sort(descending=True).values
    heaviest = float(ordered[: math.ceil(len(ordered) / 100)].sum() / ordered.sum())
    return (
        f"weights of pairs from {float(ordered[-1]):g} to {float(ordered[0]):g}, "
        f"{float(ordered.mean()):g} on average; the heaviest 1% of pairs have {heaviest:.0%} of "
        "all weight"
    )


def unread_weights(table: ReadTable) -> str | None:
    """Name the column of numbers that is not read and has a usual name of weights; or None."""
    if table.names is None:
        return None
    place = guess_columns(table.names, ("weight",)).get("weight")
    if place is None or table.role(place) is not None:
        return None
    return table.name(place) if _NUMBERS.match(table.kinds[place]) else None
