"""Sequences of different lengths one after another, without padding between them."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from rankdistill.kernels.gathering import gather_rows

_SPREAD = 0.75
"""Sequences that attend together: none is shorter than this share of the longest of them."""


class RowGroup(NamedTuple):
    """Neighbouring sequences of about one length, whose attention is computed at once.

    Attributes:
        num_entries: How many entries they have together.
        num_rows: How many sequences there are.
        longest: Length of the longest.
        cells: (num_entries,) int64, the cell of each entry in a (num_rows * longest,) table; None
            where the sequences fill it.
    """

    num_entries: int
    num_rows: int
    longest: int
    cells: Tensor | None


class RaggedRows:
    """Where each entry of some sequences stands, and attention within each sequence.

    All else that a network does to an entry needs no sequences: it works on (num_entries, dim)
    tables, and short sequences cost what they are long.

    Args:
        lengths: (num_rows,) int64, at least one each, in ascending order.
    """

    def __init__(self, lengths: Tensor):
        self.offsets = torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])
        rows = torch.arange(len(lengths), device=lengths.device)
        self.rows = rows.repeat_interleave(lengths)
        self.positions = torch.arange(len(self.rows), device=lengths.device)
        self.positions -= self.offsets.index_select(0, self.rows)
        self.groups = list(self._grouped(lengths.tolist()))

    def _grouped(self, lengths: list[int]) -> list[RowGroup]:
        """Part the rows, from the shortest on."""
        starts = [0]
        for row, length in enumerate(lengths):
            if lengths[starts[-1]] < _SPREAD * length:
                starts.append(row)
        ends = self.offsets.tolist()
        return [
            self._group(first, last, lengths, ends)
            for first, last in zip(starts, [*starts[1:], len(lengths)], strict=True)
            if last > first
        ]

    def _group(self, first: int, last: int, lengths: list[int], ends: list[int]) -> RowGroup:
        longest = lengths[last - 1]
        cells = None
        if lengths[first] < longest:
            entries = slice(ends[first], ends[last])
            cells = (self.rows[entries] - first) * longest + self.positions[entries]
        return RowGroup(ends[last] - ends[first], last - first, longest, cells)

    def padded(self, entries: Tensor) -> Tensor:
        """Lay entries in a table: (num_entries, dim) to (num_rows, longest, dim), zeros behind."""
        longest = max((group.longest for group in self.groups), default=0)
        table = entries.new_zeros(len(self.offsets) - 1, longest, entries.shape[1])
        return table.index_put((self.rows, self.positions), entries)

    def packed(self, table: Tensor) -> Tensor:
        """Take the entries out of such a table again."""
        return table[self.rows, self.positions]

    def attend(self, projections: Tensor, num_heads: int) -> Tensor:
        """Let every entry attend to itself and to what stands before it in its sequence.

        Args:
            projections: (num_entries, 3 * dim): queries, keys and values side by side.
            num_heads: Parts of dim that attend on their own; dim is a multiple of it.

        Returns:
            (num_entries, dim).
        """
        parts = projections.split([group.num_entries for group in self.groups])
        if not parts:
            return projections[:, : projections.shape[1] // 3]
        pairs = zip(parts, self.groups, strict=True)
        return torch.cat([_attend(part, group, num_heads) for part, group in pairs])


def _attend(projections: Tensor, group: RowGroup, num_heads: int) -> Tensor:
    """Attend in a padded table; nothing attends to its padding, which stands at the ends."""
    table = projections
    if group.cells is not None:
        table = projections.new_zeros(group.num_rows * group.longest, projections.shape[1])
        table = table.index_copy(0, group.cells, projections)
    parts = table.view(group.num_rows, group.longest, 3, num_heads, -1).permute(2, 0, 3, 1, 4)
    queries, keys, values = parts
    attended = F.scaled_dot_product_attention(queries, keys, values, is_causal=True)
    attended = attended.transpose(1, 2).reshape(len(table), -1)
    return attended if group.cells is None else gather_rows(attended, group.cells)
