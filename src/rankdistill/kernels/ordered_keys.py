"""Scores with their positions as whole numbers, so that ties have one order on every device."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rankdistill.kernels.placement import on_cpu

_LAST_POSITION = 0xFFFFFFFF


def ordered_keys(scores: Tensor, positions: Tensor) -> Tensor:
    """Make a whole number of each score, larger for a better one; of equal scores, for the first.

    The upper half of a key is the score's bits, turned so that they grow with it; the lower half
    falls with the position.

    Args:
        scores: (...) float32 without NaN.
        positions: int64 from 0 to 2^32 - 1, of a shape that broadcasts to that of the scores.

    Returns:
        (...) int64.
    """
    bits = turned_bits((scores + 0.0).view(torch.int32))  # -0.0 + 0.0 is 0.0
    return (bits.long() << 32) | (_LAST_POSITION - positions)


def largest_keys(keys: Tensor, count: int) -> Tensor:
    """Find the largest keys of each row.

    On a CPU numpy's vectorised partition is several times faster than ``topk``.

    Args:
        keys: (batch, n) int64, n at least ``count``. They may be put into another order.
        count: Keys to find.

    Returns:
        (batch, count) int64, largest first.
    """
    if not on_cpu(keys):
        return keys.topk(count, dim=1).values
    array = keys.numpy()
    first = array.shape[1] - count
    array.partition(first, axis=1)
    best = np.sort(array[:, first:], axis=1)[:, ::-1]
    return torch.from_numpy(best.copy())


def scores_of_keys(keys: Tensor) -> Tensor:
    """Give back the scores that keys were made of."""
    return turned_bits((keys >> 32).int()).view(torch.float32)


def positions_of_keys(keys: Tensor) -> Tensor:
    """Give back the positions that keys were made of."""
    return _LAST_POSITION - (keys & _LAST_POSITION)


def turned_bits(bits: Tensor) -> Tensor:
    """Let the bits of negative numbers fall as their size grows; twice, they are as before.

    Args:
        bits: (...) int32, of float32 numbers.

    Returns:
        (...) int32 that grow with the numbers.
    """
    return bits ^ ((bits >> 31) & 0x7FFFFFFF)
