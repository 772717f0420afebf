"""Scores as inner products of embeddings."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from rankdistill.backbones.gathering import gather_rows
from rankdistill.backbones.pair_arithmetic import PairTables
from rankdistill.backbones.pair_scores import learn_pairs, pair_loss, pair_scores
from rankdistill.backbones.row_products import row_products
from rankdistill.devices import is_near
from rankdistill.gradients import LossAndGradient

_PRECISE = (torch.float32, torch.float64)


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

    def score_items(self, user_ids: Tensor, item_ids: Tensor) -> Tensor:
        """Score some items per user: (batch,) and (batch, n) ids to (batch, n) raw scores."""
        if self.have_pair_losses:
            return pair_scores(PairTables(*self), user_ids, item_ids)
        users = gather_rows(self.users, user_ids)
        scores = (gather_rows(self.items, item_ids) * users.unsqueeze(1)).sum(-1)
        if self.item_bias is not None:
            scores = scores + gather_rows(self.item_bias, item_ids)
        if self.user_bias is not None:
            scores = scores + gather_rows(self.user_bias, user_ids).unsqueeze(1)
        return scores

    @property
    def have_pair_losses(self) -> bool:
        """Whether ``loss_of_items`` can be asked for: on a CPU, in single or double precision."""
        return is_near(self.users) and self.users.dtype in _PRECISE

    def loss_of_items(self, user_ids: Tensor, item_ids: Tensor, loss: LossAndGradient) -> Tensor:
        """The loss, a scalar, of (batch, n) scores as ``score_items`` gives them."""
        return pair_loss(PairTables(*self), user_ids, item_ids, loss)

    @property
    def can_learn(self) -> bool:
        """Whether ``learn_items`` can be asked for too: where these are the parameters."""
        return self.have_pair_losses and all(table is None or table.is_leaf for table in self)

    def learn_items(
        self, user_ids: Tensor, item_ids: Tensor, loss: LossAndGradient, factor: float
    ) -> Tensor:
        """The same loss without a graph: its gradient, times the factor, is added to ``grad``."""
        return learn_pairs(PairTables(*self), user_ids, item_ids, loss, factor)

    def score_rows(self, user_ids: Tensor) -> Tensor:
        """Score the whole catalogue: (batch,) user ids to (batch, num_items) raw scores."""
        users = gather_rows(self.users, user_ids)
        return _product(users, self.items, self.item_bias, self.user_bias, user_ids)

    def score_columns(self, item_ids: Tensor) -> Tensor:
        """Score all users for some items: (n,) item ids to (n, num_users) raw scores."""
        items = gather_rows(self.items, item_ids)
        return _product(items, self.users, self.user_bias, self.item_bias, item_ids)


def _product(
    left: Tensor,
    right: Tensor,
    right_bias: Tensor | None,
    left_bias: Tensor | None,
    left_ids: Tensor,
) -> Tensor:
    """Inner products of some rows with a whole table, and the biases of both sides.

    Where no gradient is asked for, biases are two more columns of the tables, so that the scores
    are written once; with one, columns would cost a copy of both tables' gradients.
    """
    if not torch.is_grad_enabled() and left_bias is not None and right_bias is not None:
        ones = [column.new_ones(len(column), 1) for column in (left, right)]
        left = torch.cat([left, gather_rows(left_bias, left_ids)[:, None], ones[0]], dim=1)
        return row_products(left, torch.cat([right, ones[1], right_bias[:, None]], dim=1))
    scores = row_products(left, right, right_bias)
    return scores if left_bias is None else scores.add_(gather_rows(left_bias, left_ids)[:, None])
