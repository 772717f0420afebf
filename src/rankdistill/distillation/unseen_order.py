"""Orders of users' unseen items: kept where they fit, sorted per batch where they do not."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions
from rankdistill.distillation.interface import ScoreRows
from rankdistill.distillation.teacher_rows import BYTES_PER_MIB
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.sorting import argsort_rows


class UnseenOrder:
    """Every user's unseen items, best first.

    Args:
        train: The interactions to leave out.
        user_block: Users sorted at once.
        cache_mib: Memory for the order of all users, in MiB; where it is too little, each batch is
            sorted anew, as it is for places in histories.
    """

    def __init__(self, train: Interactions, user_block: int, cache_mib: float):
        self.train = train
        self.user_block = user_block
        self.num_unseen = train.num_items - train.counts
        dtype = torch.int16 if train.num_items <= torch.iinfo(torch.int16).max else torch.int32
        num_bytes = train.num_users * train.num_items * dtype.itemsize
        self._table: Tensor | None = None
        if num_bytes <= cache_mib * BYTES_PER_MIB:
            shape = (train.num_users, train.num_items)
            self._table = torch.empty(shape, dtype=dtype, device=train.item_ids.device)

    @torch.no_grad()
    def take(self, score_rows: ScoreRows) -> None:
        """Take the order of the items from a network."""
        self._score_rows = score_rows
        if self._table is not None:
            users = Contexts.of_all_users(self.train.num_users, self._table.device)
            for block in users.split(self.user_block):
                self._table[block.user_ids] = self._sorted(block).to(self._table.dtype)

    @torch.no_grad()
    def __call__(self, contexts: Contexts, positions: Tensor) -> Tensor:
        """Contexts and (batch, n) zero-based positions below num_unseen to item ids."""
        if self._table is None or contexts.ends is not None:
            return self._sorted(contexts).gather(1, positions)
        cells = contexts.user_ids[:, None] * self.train.num_items + positions
        return self._table.view(-1)[cells].long()

    def _sorted(self, contexts: Contexts) -> Tensor:
        """(batch, num_items) int64: the unseen items in their order, the seen ones after them."""
        negated = -self._score_rows(contexts).float()
        negated[self.train.pairs_of(contexts.user_ids)] = torch.inf
        return argsort_rows(negated)
