"""Scores of contexts whose vectors an encoder made, item by item of their histories."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rankdistill.backbones.history_windows import HistoryWindows
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.gathering import gather_rows
from rankdistill.kernels.pair_scores import pair_scores
from rankdistill.kernels.row_products import row_products


class ContextVectors:
    """s(c, i) = <h_c, E_i>, with h_c the vector of the last item that the context c reads.

    A context without items has a vector of zeros, which ranks nothing.

    Args:
        windows: What is read.
        vectors: (num_entries, dim), of the windows' packed entries.
        items: (num_items, dim) rows E.
        everyone: Makes the (num_users, dim) vectors of all whole histories.
    """

    def __init__(
        self,
        windows: HistoryWindows,
        vectors: Tensor,
        items: Tensor,
        everyone: Callable[[], Tensor],
    ):
        self._windows = windows
        self._vectors = vectors
        self._items = items
        self._everyone = everyone

    def users_of(self, contexts: Contexts) -> Tensor:
        """N contexts to (n, dim) vectors."""
        entries = self._windows.entries_of(contexts)
        if len(self._vectors) == 0:
            return self._vectors.new_zeros(len(entries), self._items.shape[1])
        vectors = gather_rows(self._vectors, entries.clamp_min(0))
        return vectors * (entries >= 0).unsqueeze(1)

    def items_of(self, item_ids: Tensor) -> Tensor:
        """(n,) item ids to (n, dim) rows of the table."""
        return gather_rows(self._items, item_ids)

    def score_items(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        """Score some items per context: (batch, n) item ids to (batch, n) raw scores."""
        rows = torch.arange(len(contexts), device=contexts.device)
        return pair_scores(rows, item_ids, self.users_of(contexts), self._items)

    def score_rows(self, contexts: Contexts) -> Tensor:
        """Score the whole catalogue: contexts to (batch, num_items) raw scores."""
        return row_products(self.users_of(contexts), self._items)

    def score_columns(self, item_ids: Tensor) -> Tensor:
        """Score the end of every history: (n,) item ids to (n, num_users) raw scores."""
        return row_products(self.items_of(item_ids), self._everyone())
