"""Rows of different lengths that lie one after another in a vector."""

from __future__ import annotations

import torch
from torch import Tensor


def entries_of_rows(offsets: Tensor, row_ids: Tensor) -> tuple[Tensor, Tensor]:
    """Find the entries of some rows, without a loop over rows.

    Args:
        offsets: (num_rows + 1,) int64; row r lies in [offsets[r], offsets[r + 1]).
        row_ids: (batch,) int64, in any order.

    Returns:
        For each entry, as two (n,) int64: the position in ``row_ids`` of the row that holds it,
        ascending, and its place in the vector.
    """
    first = offsets.index_select(0, row_ids)
    counts = offsets.index_select(0, row_ids + 1) - first
    rows = torch.arange(len(row_ids), device=row_ids.device).repeat_interleave(counts)
    shift = first - (counts.cumsum(0) - counts)
    return rows, torch.arange(len(rows), device=row_ids.device) + shift.index_select(0, rows)
