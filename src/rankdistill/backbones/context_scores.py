"""Scores as inner products of the vectors of contexts with a table of items."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor

from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.gathering import gather_rows
from rankdistill.kernels.pair_scores import pair_scores
from rankdistill.kernels.row_products import row_products


class ContextScores:
    """s(c, i) = <x_c, q_i> + b_i, where a network makes the vector x_c of what a context reads.

    The vector of a context that occurs several times in a batch is made once.

    Args:
        contexts: Those of a batch; repeats are allowed.
        numbers_of: Contexts to (n,) int64, equal where contexts are.
        encode: Contexts to (n, dim) vectors; it is called once, with distinct contexts.
        everyone: Makes the (num_users, dim) vectors of all users, where somebody asks.
        items: (num_items, dim) rows q.
        item_bias: (num_items,) b.
    """

    def __init__(
        self,
        contexts: Contexts,
        numbers_of: Callable[[Contexts], Tensor],
        encode: Callable[[Contexts], Tensor],
        everyone: Callable[[], Tensor],
        items: Tensor,
        item_bias: Tensor,
    ):
        self._numbers_of = numbers_of
        self._everyone = everyone
        self._items = items
        self._item_bias = item_bias
        self._numbers, places = numbers_of(contexts).unique(return_inverse=True)
        rows = torch.arange(len(places), device=places.device)
        distinct = rows.new_zeros(len(self._numbers)).scatter_(0, places, rows)
        self.vectors = encode(contexts[distinct])

    def users_of(self, contexts: Contexts) -> Tensor:
        """Find the vectors of n contexts of the batch: (n, dim)."""
        return gather_rows(self.vectors, self._rows_of(contexts))

    def items_of(self, item_ids: Tensor) -> Tensor:
        """(n,) item ids to (n, dim) rows q."""
        return gather_rows(self._items, item_ids)

    def score_items(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        """Score some items per context: (batch, n) item ids to (batch, n) raw scores."""
        rows = self._rows_of(contexts)
        return pair_scores(rows, item_ids, self.vectors, self._items, item_bias=self._item_bias)

    def score_rows(self, contexts: Contexts) -> Tensor:
        """Score the whole catalogue: contexts to (batch, num_items) raw scores."""
        return row_products(self.users_of(contexts), self._items, self._item_bias)

    def score_columns(self, item_ids: Tensor) -> Tensor:
        """Score all users, of the batch or not: (n,) item ids to (n, num_users) raw scores."""
        bias = gather_rows(self._item_bias, item_ids).unsqueeze(1)
        return row_products(self.items_of(item_ids), self._vectors_of_everyone) + bias

    @cached_property
    def _vectors_of_everyone(self) -> Tensor:
        return self._everyone()

    def _rows_of(self, contexts: Contexts) -> Tensor:
        return torch.searchsorted(self._numbers, self._numbers_of(contexts))
