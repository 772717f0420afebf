"""Scores as inner products of embeddings."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.gathering import gather_rows
from rankdistill.kernels.pair_scores import pair_scores
from rankdistill.kernels.row_products import row_products


class EmbeddingScores(Protocol):
    """Scores, and the embeddings that they are products of, for the contexts of a batch."""

    def users_of(self, contexts: Contexts) -> Tensor:
        """N contexts of the batch to (n, embedding_dim) embeddings of their users."""
        ...

    def items_of(self, item_ids: Tensor) -> Tensor:
        """(n,) item ids to their (n, embedding_dim) embeddings."""
        ...

    def score_items(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        """Score some items per context: (batch, n) item ids to (batch, n) raw scores."""
        ...

    def score_rows(self, contexts: Contexts) -> Tensor:
        """Score the whole catalogue: contexts to (batch, num_items) raw scores."""
        ...

    def score_own_and_shared(
        self, contexts: Contexts, own_items: Tensor, shared_items: Tensor
    ) -> Tensor:
        """Score an item of each context's own, and then items that all contexts share.

        Args:
            contexts: One a row.
            own_items: (batch,) int64.
            shared_items: (n,) int64.

        Returns:
            (batch, 1 + n) raw scores.
        """
        ...

    def score_shared(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        """Score items that all contexts share: (n,) item ids to (batch, n) raw scores."""
        ...

    def score_columns(self, item_ids: Tensor) -> Tensor:
        """Score all users, of the batch or not: (n,) item ids to (n, num_users) raw scores."""
        ...


class Embeddings(NamedTuple):
    """Tables of users and items: s(u, i) = <p_u, q_i> + b_u + b_i.

    Attributes:
        users: (num_users, embedding_dim).
        items: (num_items, embedding_dim).
        user_bias: (num_users,), or None where a model has none.
        item_bias: (num_items,), or None.
    """

    users: Tensor
    items: Tensor
    user_bias: Tensor | None = None
    item_bias: Tensor | None = None

    def users_of(self, contexts: Contexts) -> Tensor:
        """N contexts to (n, embedding_dim) rows of the table."""
        return gather_rows(self.users, contexts.user_ids)

    def items_of(self, item_ids: Tensor) -> Tensor:
        """(n,) item ids to (n, embedding_dim) rows of the table."""
        return gather_rows(self.items, item_ids)

    def score_items(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        """Score some items per context: (batch, n) item ids to (batch, n) raw scores."""
        return pair_scores(contexts.user_ids, item_ids, *self)

    def score_rows(self, contexts: Contexts) -> Tensor:
        """Score the whole catalogue: contexts to (batch, num_items) raw scores."""
        users = self.users_of(contexts)
        return _product(users, self.items, self.item_bias, self.user_bias, contexts.user_ids)

    def score_own_and_shared(
        self, contexts: Contexts, own_items: Tensor, shared_items: Tensor
    ) -> Tensor:
        """Score (batch,) own and (n,) shared items to (batch, 1 + n) scores, in one product."""
        users, item_ids = self.users_of(contexts), torch.cat([own_items, shared_items])
        sizes = [len(own_items), len(shared_items)]
        own, shared = self.items_of(item_ids).split(sizes)
        of_own, shared_bias = (users * own).sum(1), None
        if self.item_bias is not None:
            own_bias, shared_bias = gather_rows(self.item_bias, item_ids).split(sizes)
            of_own = of_own + own_bias
        of_shared = row_products(users, shared, shared_bias)
        scores = torch.cat([of_own[:, None], of_shared], dim=1)
        if self.user_bias is None:
            return scores
        return scores + gather_rows(self.user_bias, contexts.user_ids)[:, None]

    def score_shared(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        """Score items that all contexts share: (n,) item ids to (batch, n) raw scores."""
        bias = None if self.item_bias is None else gather_rows(self.item_bias, item_ids)
        users, items = self.users_of(contexts), self.items_of(item_ids)
        return _product(users, items, bias, self.user_bias, contexts.user_ids)

    def score_columns(self, item_ids: Tensor) -> Tensor:
        """Score all users for some items: (n,) item ids to (n, num_users) raw scores."""
        items = self.items_of(item_ids)
        return _product(items, self.users, self.user_bias, self.item_bias, item_ids)


def _product(
    left: Tensor,
    right: Tensor,
    right_bias: Tensor | None,
    left_bias: Tensor | None,
    left_ids: Tensor,
) -> Tensor:
    """Multiply some rows with a whole table and add the biases of both sides.

    Without a gradient the biases become two more columns of the tables, so that the scores are
    written once. With one, the columns would cost a copy of both tables' gradients.
    """
    if not torch.is_grad_enabled() and left_bias is not None and right_bias is not None:
        ones = [column.new_ones(len(column), 1) for column in (left, right)]
        left = torch.cat([left, gather_rows(left_bias, left_ids)[:, None], ones[0]], dim=1)
        return row_products(left, torch.cat([right, ones[1], right_bias[:, None]], dim=1))
    scores = row_products(left, right, right_bias)
    return scores if left_bias is None else scores.add_(gather_rows(left_bias, left_ids)[:, None])
