"""The items that users have seen, to be left out of their score rows."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions


class SeenItems:
    """Shifts of 0 and -inf, kept as a table where users x items is small.

    Looking up rows of a table is several times as fast as finding the pairs of the users and
    writing there. On a GPU it also waits for nothing.

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
        shift[self._seen.pairs_of(user_ids)] = -torch.inf
        return shift

    def _zeros(self, num_rows: int) -> Tensor:
        device = self._seen.item_ids.device
        return torch.zeros(num_rows, self._seen.num_items, dtype=torch.float32, device=device)
