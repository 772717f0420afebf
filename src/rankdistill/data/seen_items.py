"""The items that users have seen, to be left out of their score rows."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions
from rankdistill.kernels.ragged_rows import write_at_entries


class SeenItems:
    """Shifts of 0 and -inf, kept as a table where users x items is small.

    Looking up rows of a table is several times as fast as finding the pairs of the users and
    writing there.

    Args:
        seen: The interactions, on the device of the scores.
    """

    LISTED = 2**25
    """Users x items up to which there is a table, in four bytes a cell: 128 MiB."""

    def __init__(self, seen: Interactions):
        self._seen = seen
        self._table: Tensor | None = None
        if seen.num_users * seen.num_items <= self.LISTED:
            self._table = self._zeros(seen.num_users)
            self._table[seen.user_ids, seen.item_ids] = -torch.inf
        else:
            self._longest = int(seen.counts.max())

    def shift(self, user_ids: Tensor) -> Tensor:
        """Make the shift that leaves seen items out when it is added to score rows.

        Args:
            user_ids: (batch,) int64, the user of each row.

        Returns:
            (batch, num_items) float32, new: -inf at the items that the user has seen, else 0.
        """
        if self._table is not None:
            return self._table.index_select(0, user_ids)
        shift = self._zeros(len(user_ids))
        seen = self._seen
        pairs = seen.offsets, seen.item_ids, user_ids, self._longest
        write_at_entries(shift, -torch.inf, *pairs)
        return shift

    def _zeros(self, num_rows: int) -> Tensor:
        device = self._seen.item_ids.device
        return torch.zeros(num_rows, self._seen.num_items, dtype=torch.float32, device=device)


def seen_among(seen: Interactions, user_ids: Tensor, item_ids: Tensor) -> Tensor:
    """Tell which of some items each user has seen, at the cost of what the users have seen.

    Args:
        seen: The interactions.
        user_ids: (batch,) int64, on their device.
        item_ids: (n,) int64, repeats included.

    Returns:
        (batch, n) bool.
    """
    distinct, places = item_ids.unique(return_inverse=True)
    column = torch.full((seen.num_items,), -1, dtype=torch.int32, device=item_ids.device)
    column[distinct] = torch.arange(len(distinct), dtype=torch.int32, device=item_ids.device)
    rows, items = seen.pairs_of(user_ids)
    found = column.index_select(0, items)
    among = (found >= 0).nonzero().squeeze(1)
    table = torch.zeros(len(user_ids), len(distinct), dtype=torch.bool, device=item_ids.device)
    table[rows.index_select(0, among), found.index_select(0, among).long()] = True
    return table.index_select(1, places)
