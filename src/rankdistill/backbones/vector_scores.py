"""Scores as inner products of vectors of contexts with a table of items."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor

from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.gathering import gather_rows
from rankdistill.kernels.pair_scores import pair_scores
from rankdistill.kernels.row_products import row_products


class Products(NamedTuple):
    """Scores as a product that is not yet made: ``vectors @ items.t() + item_bias``.

    Attributes:
        vectors: (batch, dim), one for each context.
        items: (num_items, dim).
        item_bias: (num_items,), or None.
    """

    vectors: Tensor
    items: Tensor
    item_bias: Tensor | None


class VectorScores(ABC):
    """s(c, i) = <x_c, q_i> + b_i, for the contexts c of a batch, whose vectors x a network makes.

    Args:
        items: (num_items, dim) rows q.
        item_bias: (num_items,) b, or None.
    """

    def __init__(self, items: Tensor, item_bias: Tensor | None = None):
        self._items = items
        self._item_bias = item_bias

    @abstractmethod
    def users_of(self, contexts: Contexts) -> Tensor:
        """Find the vectors of n contexts of the batch: (n, dim)."""

    @abstractmethod
    def everyone(self) -> Tensor:
        """Make the (num_users, dim) vectors of all users, at the ends of their histories."""

    def items_of(self, item_ids: Tensor) -> Tensor:
        """(n,) item ids to (n, dim) rows of the table."""
        return gather_rows(self._items, item_ids)

    def score_items(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        """Score some items per context: (batch, n) item ids to (batch, n) raw scores."""
        rows = torch.arange(len(contexts), device=contexts.device)
        vectors = self.users_of(contexts)
        return pair_scores(rows, item_ids, vectors, self._items, item_bias=self._item_bias)

    def score_rows(self, contexts: Contexts) -> Tensor:
        """Score the whole catalogue: contexts to (batch, num_items) raw scores."""
        return row_products(self.users_of(contexts), self._items, self._item_bias)

    def products_of(self, contexts: Contexts) -> Products:
        """Prepare what ``score_rows`` multiplies, for a loss that needs no whole rows."""
        return Products(self.users_of(contexts), self._items, self._item_bias)

    def score_own_and_shared(
        self, contexts: Contexts, own_items: Tensor, shared_items: Tensor
    ) -> Tensor:
        """Score (batch,) own and (n,) shared items to (batch, 1 + n) scores."""
        vectors = self.users_of(contexts)
        of_own = (vectors * self.items_of(own_items)).sum(1)
        if self._item_bias is not None:
            of_own = of_own + gather_rows(self._item_bias, own_items)
        return torch.cat([of_own[:, None], self._of_shared(vectors, shared_items)], dim=1)

    def score_shared(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        """Score items that all contexts share: (n,) item ids to (batch, n) raw scores."""
        return self._of_shared(self.users_of(contexts), item_ids)

    def _of_shared(self, vectors: Tensor, item_ids: Tensor) -> Tensor:
        bias = None if self._item_bias is None else gather_rows(self._item_bias, item_ids)
        return row_products(vectors, self.items_of(item_ids), bias)

    def score_columns(self, item_ids: Tensor) -> Tensor:
        """Score all users, of the batch or not: (n,) item ids to (n, num_users) raw scores."""
        scores = row_products(self.items_of(item_ids), self.everyone())
        if self._item_bias is None:
            return scores
        return scores + gather_rows(self._item_bias, item_ids).unsqueeze(1)
