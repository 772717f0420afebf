"""Rows of different lengths that lie one after another in a vector."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.kernels.placement import on_cpu


def entries_of_rows(
    offsets: Tensor, row_ids: Tensor, total: int | None = None
) -> tuple[Tensor, Tensor]:
    """Find the entries of some rows, without a loop over rows.

    Args:
        offsets: (num_rows + 1,) int64; row r lies in [offsets[r], offsets[r + 1]).
        row_ids: (batch,) int64, in any order.
        total: Entries of these rows together; None: it is read from the device, which makes the
            program wait for a GPU.

    Returns:
        For each entry, as two (n,) int64: the position in ``row_ids`` of the row that holds it,
        ascending, and its place in the vector.
    """
    first = offsets.index_select(0, row_ids)
    counts = offsets.index_select(0, row_ids + 1) - first
    rows = torch.arange(len(row_ids), device=row_ids.device).repeat_interleave(
        counts, output_size=total
    )
    shift = first - (counts.cumsum(0) - counts)
    return rows, torch.arange(len(rows), device=row_ids.device) + shift.index_select(0, rows)


def write_at_entries(
    table: Tensor,
    value: float,
    offsets: Tensor,
    columns: Tensor,
    row_ids: Tensor,
    longest: int,
) -> None:
    """Write a value where the entries of some rows say, one row of a table for each.

    On a CPU only the entries are visited. A GPU would have to be asked how many there are, so each
    row is taken for as long as the longest one, and its last entry is written several times.

    Args:
        table: (batch, num_columns), written in place; zero in rows that have no entry.
        value: What is written.
        offsets: (num_rows + 1,) int64; row r lies in [offsets[r], offsets[r + 1]).
        columns: (num_entries,) int64, the column that each entry names.
        row_ids: (batch,) int64, in any order.
        longest: Entries of a row at most.
    """
    if on_cpu(table):
        rows, places = entries_of_rows(offsets, row_ids)
        table[rows, columns.index_select(0, places)] = value
    elif longest:
        write_at_padded_entries(table, value, offsets, columns, row_ids, longest)


def write_at_padded_entries(
    table: Tensor,
    value: float,
    offsets: Tensor,
    columns: Tensor,
    row_ids: Tensor,
    longest: int,
) -> None:
    """Do what ``write_at_entries`` does on a GPU, as every device can; ``longest`` is positive."""
    first = offsets.index_select(0, row_ids)[:, None]
    end = offsets.index_select(0, row_ids + 1)[:, None]
    places = first + torch.arange(longest, device=table.device)
    last = (end - 1).maximum(first).clamp_max(len(columns) - 1)
    values = torch.where(end > first, value, 0.0).to(table.dtype)
    named = columns.index_select(0, places.minimum(last).flatten()).view_as(places)
    table.scatter_(1, named, values.expand(-1, longest))
