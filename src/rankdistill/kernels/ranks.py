"""Ranks by counting: how many values of a row lie above a score."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.kernels.placement import on_cpu
from rankdistill.kernels.sorting import sort_rows

_FEW = 64  # scores in a row; sorting the row costs no more than comparing it with so many
_CACHED = 2**20  # comparisons at once, 4 MiB
_COUNTED = 2**24  # single precision counts no further


def num_above(rows: Tensor, scores: Tensor) -> Tensor:
    """Count the values of each row that lie strictly above each score of that row.

    That is ``(rows[:, None] > scores[:, :, None]).sum(2)``.

    Rows are sorted and searched. A few scores on a CPU are compared with the whole row instead,
    which costs a seventh for ten of them.

    Args:
        rows: (batch, m) values, no gradient.
        scores: (batch, n) of the type of ``rows``.

    Returns:
        (batch, n) int64.
    """
    few = scores.shape[1] <= _FEW and rows.shape[1] <= _COUNTED
    if few and on_cpu(rows):
        return _num_above_by_comparison(rows, scores)
    found = torch.searchsorted(sort_rows(rows), scores.contiguous(), right=True)
    return rows.shape[1] - found


def _num_above_by_comparison(rows: Tensor, scores: Tensor) -> Tensor:
    """Compare in blocks that fit the caches.

    The outcomes are floats and not booleans, because comparisons and sums of floats vectorise.
    """
    (batch, width), num_each = rows.shape, scores.shape[1]
    found = torch.empty(batch, num_each)
    block = max(1, min(batch, _CACHED // (num_each * width)))
    above = torch.empty(block, num_each, width)
    for start in range(0, batch, block):
        some = slice(start, start + block)
        compared = above[: len(rows[some])]
        torch.gt(rows[some].unsqueeze(1), scores[some].unsqueeze(2), out=compared)
        torch.sum(compared, 2, out=found[some])
    return found.long()
