"""The items that users have seen, left out of their score rows."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions


class SeenItems:
    """What is to be left out, as a table of 0 and -inf where users x items is small.

    To add rows of such a table is several times as fast as to write at the pairs of the rows'
    users, which have to be looked up first, and on a GPU nothing has to be waited for.

    Args:
        seen: The interactions, on the device of the scores.
    """

    LISTED = 2**25
    """Users x items up to which there is a table, in four bytes a cell: 128 MiB."""

    def __init__(self, seen: Interactions):
        self._seen = seen
        self._table: Tensor | None = None
        if seen.num_users * seen.num_items <= self.LISTED:
            device = seen.item_ids.device
            self._table = torch.zeros(
                seen.num_users, seen.num_items, dtype=torch.float32, device=device
            )
            self._table[seen.user_ids, seen.item_ids] = -torch.inf

    def left_out(self, score_rows: Tensor, user_ids: Tensor) -> Tensor:
        """Score rows without their users' seen items.

        Args:
            score_rows: (batch, num_items) finite scores, in single or double precision.
            user_ids: (batch,) int64, the user of each row.

        Returns:
            (batch, num_items) new scores, -inf at seen items.
        """
        if self._table is not None:
            return score_rows + self._table.index_select(0, user_ids)
        remaining = score_rows.clone()
        remaining[self._seen.pairs_of(user_ids)] = -torch.inf
        return remaining
