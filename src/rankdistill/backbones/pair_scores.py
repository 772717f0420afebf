"""Scores of some items per user, and losses of them, with gradients made for a CPU."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rankdistill.backbones.pair_arithmetic import (
    PairTables,
    gradients_of_pairs,
    scores_of_pairs,
)
from rankdistill.gradients import LossAndGradient, precisely


def pair_scores(tables: PairTables, user_ids: Tensor, item_ids: Tensor) -> Tensor:
    """Score some items per user on a CPU, with a gradient that costs as little as the scores.

    Args:
        tables: Embeddings and biases.
        user_ids: (batch,) int64.
        item_ids: (batch, n) int64.

    Returns:
        (batch, n) raw scores.

    Raises:
        IndexError: If an id is out of range.
    """
    scores = _PairScores.apply(user_ids, item_ids.contiguous(), *tables)
    assert isinstance(scores, Tensor)
    return scores


def pair_loss(
    tables: PairTables, user_ids: Tensor, item_ids: Tensor, loss: LossAndGradient
) -> Tensor:
    """A loss of these scores, from the tables in one step: small batches feel every further one.

    Args:
        tables: Embeddings and biases.
        user_ids: (batch,) int64.
        item_ids: (batch, n) int64.
        loss: The loss and its gradient.

    Returns:
        A scalar.

    Raises:
        IndexError: If an id is out of range.
    """
    value = _PairLoss.apply(loss, user_ids, item_ids.contiguous(), *tables)
    assert isinstance(value, Tensor)
    return value


def learn_pairs(
    tables: PairTables,
    user_ids: Tensor,
    item_ids: Tensor,
    loss: LossAndGradient,
    factor: float = 1.0,
) -> Tensor:
    """Add the gradient of a loss of these scores to the tables' own, without autograd.

    What autograd does around a small step takes as long as the step itself.

    Args:
        tables: Embeddings and biases, the parameters themselves.
        user_ids: (batch,) int64.
        item_ids: (batch, n) int64.
        loss: The loss and its gradient.
        factor: Of the gradient.

    Returns:
        The loss itself, a scalar without a graph.

    Raises:
        IndexError: If an id is out of range.
    """
    item_ids = item_ids.contiguous()
    wanted = [table is not None and table.requires_grad for table in tables]
    with torch.no_grad(), precisely("cpu"):
        value, gradient = loss(scores_of_pairs(tables, user_ids, item_ids))
        gradient = gradient if factor == 1 else gradient * factor
        found = gradients_of_pairs(tables, user_ids, item_ids, gradient, wanted)
        for table, each in zip(tables, found, strict=True):
            if table is not None and each is not None:
                table.grad = each if table.grad is None else table.grad.add_(each)
    return value


class _PairScores(torch.autograd.Function):
    """Sampled product forward, bags of embeddings backward; under autocast as without."""

    @staticmethod
    def forward(ctx: Any, user_ids: Tensor, item_ids: Tensor, *tables: Tensor | None) -> Tensor:
        ctx.save_for_backward(user_ids, item_ids, *tables)
        with precisely("cpu"):
            return scores_of_pairs(_detached(tables), user_ids, item_ids)

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]: the decorator hides names
        ctx: Any, *gradients: Tensor
    ) -> tuple[Tensor | None, ...]:
        user_ids, item_ids, *tables = ctx.saved_tensors
        found = gradients_of_pairs(
            _detached(tables),
            user_ids,
            item_ids,
            gradients[0].contiguous(),
            ctx.needs_input_grad[2:],
        )
        return None, None, *found


class _PairLoss(torch.autograd.Function):
    """The loss keeps the gradient of its scores for the way back."""

    @staticmethod
    def forward(
        ctx: Any,
        loss: LossAndGradient,
        user_ids: Tensor,
        item_ids: Tensor,
        *tables: Tensor | None,
    ) -> Tensor:
        with precisely("cpu"):
            value, gradient = loss(scores_of_pairs(_detached(tables), user_ids, item_ids))
        ctx.save_for_backward(user_ids, item_ids, gradient, *tables)
        return value

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]: the decorator hides names
        ctx: Any, *gradients: Tensor
    ) -> tuple[Tensor | None, ...]:
        user_ids, item_ids, gradient, *tables = ctx.saved_tensors
        found = gradients_of_pairs(
            _detached(tables), user_ids, item_ids, gradient * gradients[0], ctx.needs_input_grad[3:]
        )
        return None, None, None, *found


def _detached(tables: Any) -> PairTables:
    """Bags of what needs no gradient are spared the notes for their own backward pass."""
    users, items, *biases = tables
    return PairTables(
        users.detach(),
        items.detach(),
        *(None if bias is None else bias.detach() for bias in biases),
    )
