"""The items that users have had, as what a network reads of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from rankdistill.draws.draws import Draws
from rankdistill.kernels.ragged_rows import entries_of_rows


@dataclass(frozen=True)
class Histories:
    """Items in rows of different lengths, one row for each history.

    Attributes:
        offsets: (num_rows + 1,) int64; row r is ``items[offsets[r]:offsets[r + 1]]``.
        items: (num_entries,) int64, ascending and distinct in each row.
        num_items: Size of the catalogue.
        kept: (num_entries,) bool, False where an entry is dropped; None: all are kept.
    """

    offsets: Tensor
    items: Tensor
    num_items: int
    kept: Tensor | None = None

    @classmethod
    def from_pairs(
        cls, user_ids: Tensor, item_ids: Tensor, num_users: int, num_items: int
    ) -> Histories:
        """Make a row for each user of (num_pairs,) int64 pairs.

        Raises:
            ValueError: If the pairs are not distinct and sorted by user, then by item.
        """
        if bool(((user_ids * num_items + item_ids).diff() <= 0).any()):
            raise ValueError("the pairs must be distinct and sorted by user, then by item.")
        counts = torch.bincount(user_ids, minlength=num_users)
        return cls(torch.cat([counts.new_zeros(1), counts.cumsum(0)]), item_ids, num_items)

    def of(self, user_ids: Tensor) -> Histories:
        """Take the rows of (batch,) users, in their order."""
        rows, places = entries_of_rows(self.offsets, user_ids)
        counts = torch.bincount(rows, minlength=len(user_ids))
        offsets = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        kept = None if self.kept is None else self.kept.index_select(0, places)
        return Histories(offsets, self.items.index_select(0, places), self.num_items, kept)

    def transposed(self) -> Histories:
        """The users that have had each item, in the place of the items that each user has had."""
        order = self.items.argsort(stable=True)
        counts = torch.bincount(self.items, minlength=self.num_items)
        offsets = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        return Histories(offsets, self.rows.index_select(0, order), len(self.offsets) - 1)

    def dropped(self, share: float, draws: Draws) -> Histories:
        """Drop each entry with probability ``share``."""
        return replace(self, kept=draws.uniform((len(self.items),)) >= share)

    def to(self, device: torch.device) -> Histories:
        """Move to a device; nothing is copied where they lie there already."""
        return replace(self, offsets=self.offsets.to(device), items=self.items.to(device))

    @cached_property
    def rows(self) -> Tensor:
        """(num_entries,) int64, the row of each entry."""
        rows = torch.arange(len(self.offsets) - 1, device=self.offsets.device)
        return rows.repeat_interleave(self.offsets.diff(), output_size=len(self.items))

    @cached_property
    def weights(self) -> Tensor:
        """(num_entries,) float32, one for a kept entry and zero for a dropped one."""
        if self.kept is None:
            return torch.ones(len(self.items), device=self.items.device)
        return self.kept.float()

    @cached_property
    def lengths(self) -> Tensor:
        """(num_rows,) int64, how many entries of each row are kept."""
        if self.kept is None:
            return self.offsets.diff()
        return self.offsets.new_zeros(len(self.offsets) - 1).index_add_(
            0, self.rows, self.kept.long()
        )

    def holds(self, rows: Tensor, item_ids: Tensor) -> Tensor:
        """Tell where an item is a kept one of a row.

        Args:
            rows: (batch,) int64.
            item_ids: (batch, n) int64.

        Returns:
            (batch, n) float32, one or zero.
        """
        if len(self.items) == 0:
            return torch.zeros(item_ids.shape, device=item_ids.device)
        keys = self.rows * self.num_items + self.items
        wanted = rows.unsqueeze(1) * self.num_items + item_ids
        places = torch.searchsorted(keys, wanted).clamp_(max=len(keys) - 1)
        return (keys[places] == wanted) * self.weights[places]
