"""The normaliser of score rows that some items are left out of."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def logsumexp_of_remaining(rows: Tensor, remaining: Tensor) -> Tensor:
    """Log sum exp of each row over the items that remain, with the gradient in one pass.

    To mask with gradient copies the row once for every mask on the way back.

    Args:
        rows: (batch, num_items) scores, which get the gradient.
        remaining: The same without gradient, -inf where an item is left out.

    Returns:
        (batch,); -inf, without a gradient, where nothing remains.

    Raises:
        ValueError: If the shapes differ.
    """
    if rows.shape != remaining.shape or rows.dim() != 2:
        raise ValueError(
            f"expected two (batch, num_items) tensors, got {tuple(rows.shape)} and "
            f"{tuple(remaining.shape)}."
        )
    normalizers = _LogSumExpOfRemaining.apply(rows, remaining)
    assert isinstance(normalizers, Tensor)
    return normalizers


class _LogSumExpOfRemaining(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, remaining: Tensor) -> Tensor:
        normalizers = remaining.logsumexp(1)
        ctx.save_for_backward(remaining, normalizers)
        return normalizers

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]: the decorator hides names
        ctx: Any, *gradients: Tensor
    ) -> tuple[Tensor, None]:
        remaining, normalizers = ctx.saved_tensors
        finite = normalizers.masked_fill(normalizers == -torch.inf, 0.0)
        shares = (remaining - finite[:, None]).exp_()
        return shares.mul_(gradients[0][:, None]), None
