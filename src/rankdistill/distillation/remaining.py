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


def shares_of_remaining(remaining: Tensor) -> tuple[Tensor, Tensor]:
    """The softmax of rows, and from it their log sum exp: its largest is exp(largest - lse).

    One pass gives both, and the shares are the gradient of the log sum exp.

    Args:
        remaining: (batch, num_items) without gradient, -inf where an item is left out.

    Returns:
        (batch, num_items) shares, zeros where nothing remains, and (batch,), -inf there.
    """
    largest = remaining.amax(1)
    shares = torch.softmax(remaining, 1)
    normalizers = largest - shares.amax(1).log()
    if bool((empty := largest == -torch.inf).any()):
        shares[empty] = 0.0
        normalizers[empty] = -torch.inf
    return shares, normalizers


class _LogSumExpOfRemaining(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, remaining: Tensor) -> Tensor:
        shares, normalizers = shares_of_remaining(remaining)
        ctx.save_for_backward(shares)
        return normalizers

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]: the decorator hides names
        ctx: Any, *gradients: Tensor
    ) -> tuple[Tensor, None]:
        (shares,) = ctx.saved_tensors
        return shares * gradients[0][:, None], None
