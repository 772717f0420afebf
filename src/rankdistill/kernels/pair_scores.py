"""Scores of some items per user, with a gradient that costs as little as the scores."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rankdistill.kernels.gathering import gather_rows
from rankdistill.kernels.pair_gradients import bias_gradient, item_gradient, user_gradient
from rankdistill.kernels.pair_products import pair_products
from rankdistill.kernels.placement import on_cpu
from rankdistill.kernels.single_precision import without_autocast

_PRECISE = (torch.float32, torch.float64)


def pair_scores(
    user_ids: Tensor,
    item_ids: Tensor,
    users: Tensor,
    items: Tensor,
    user_bias: Tensor | None = None,
    item_bias: Tensor | None = None,
) -> Tensor:
    """Score s(u, i) = <p_u, q_i> + b_u + b_i for some items per user.

    Args:
        user_ids: (batch,) int64.
        item_ids: (batch, n) int64.
        users: (num_users, dim) rows p.
        items: (num_items, dim) rows q.
        user_bias: (num_users,), or None.
        item_bias: (num_items,), or None.

    Returns:
        (batch, n) raw scores.

    Raises:
        IndexError: If an id is out of range.
    """
    if not on_cpu(users) or users.dtype not in _PRECISE:
        return gathered_scores(user_ids, item_ids, users, items, user_bias, item_bias)
    scores = _PairScores.apply(user_ids, item_ids.contiguous(), users, items, user_bias, item_bias)
    assert isinstance(scores, Tensor)
    return scores


def gathered_scores(
    user_ids: Tensor,
    item_ids: Tensor,
    users: Tensor,
    items: Tensor,
    user_bias: Tensor | None = None,
    item_bias: Tensor | None = None,
) -> Tensor:
    """Compute ``pair_scores`` from gathered rows, as every device can."""
    rows = gather_rows(users, user_ids).unsqueeze(1)
    scores = (gather_rows(items, item_ids) * rows).sum(-1)
    if item_bias is not None:
        scores = scores + gather_rows(item_bias, item_ids)
    if user_bias is not None:
        scores = scores + gather_rows(user_bias, user_ids).unsqueeze(1)
    return scores


class _PairScores(torch.autograd.Function):
    """Products at the pairs alone, and bags of embeddings for their gradient."""

    @staticmethod
    def forward(
        ctx: Any,
        user_ids: Tensor,
        item_ids: Tensor,
        users: Tensor,
        items: Tensor,
        user_bias: Tensor | None,
        item_bias: Tensor | None,
    ) -> Tensor:
        try:
            shifts = _shifts(user_ids, item_ids, items.shape[0], user_bias, item_bias)
            rows = users.detach().index_select(0, user_ids)
        except IndexError:
            _check_range("user", user_ids, users.shape[0])
            _check_range("item", item_ids, items.shape[0])
            raise
        items = items.detach()
        ctx.num_users = users.shape[0]
        ctx.save_for_backward(user_ids, item_ids, rows, items)
        with without_autocast("cpu"):
            scores = pair_products(rows, items, item_ids)
        for shift in shifts:
            scores += shift
        return scores

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]: the decorator hides names
        ctx: Any, *gradients: Tensor
    ) -> tuple[Tensor | None, ...]:
        user_ids, item_ids, rows, items = ctx.saved_tensors
        num_users, num_items = ctx.num_users, items.shape[0]
        gradient = gradients[0].contiguous()
        wants_users, wants_items, wants_user_bias, wants_item_bias = ctx.needs_input_grad[2:]
        of_users = of_items = of_user_bias = of_item_bias = None
        if wants_users:
            of_users = user_gradient(gradient, user_ids, item_ids, items, num_users)
        if wants_items:
            of_items = item_gradient(gradient, item_ids, rows, num_items)
        if wants_user_bias:
            of_user_bias = bias_gradient(gradient.sum(1), user_ids, num_users)
        if wants_item_bias:
            of_item_bias = bias_gradient(gradient.view(-1), item_ids.view(-1), num_items)
        return None, None, of_users, of_items, of_user_bias, of_item_bias


def _shifts(
    user_ids: Tensor,
    item_ids: Tensor,
    num_items: int,
    user_bias: Tensor | None,
    item_bias: Tensor | None,
) -> list[Tensor]:
    """Look the biases up; item ids are checked here, because a sparse product trusts them."""
    shifts = []
    if item_bias is None:
        _check_range("item", item_ids, num_items)
    else:
        shifts.append(item_bias.index_select(0, item_ids.view(-1)).view_as(item_ids))
    if user_bias is not None:
        shifts.append(user_bias.index_select(0, user_ids)[:, None])
    return shifts


def _check_range(name: str, ids: Tensor, size: int) -> None:
    if ids.numel():
        least, most = (int(bound) for bound in ids.aminmax())
        if least < 0 or most >= size:
            raise IndexError(f"{name} ids must lie in [0, {size}), got {least} to {most}.")
