"""Losses that make their gradient themselves, in one step of autograd."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

LossAndGradient = Callable[[Tensor], tuple[Tensor, Tensor]]
"""(batch, n) scores, in single precision or double, to a scalar, or a (batch,) loss of each row,
and its (batch, n) gradient, a new tensor."""


def loss_of(scores: Tensor, loss: LossAndGradient) -> Tensor:
    """A loss that makes its gradient itself, for scores of any origin.

    Args:
        scores: (batch, n), of half precision too.
        loss: From scores to the loss, a scalar or (batch,), and its gradient. A row's loss depends
            on the row alone.

    Returns:
        The loss; one note for the way back in place of one per operation.
    """
    value = _LossWithGradient.apply(scores, loss)
    assert isinstance(value, Tensor)
    return value


def evaluated(scores: Tensor, loss: LossAndGradient) -> tuple[Tensor, Tensor]:
    """A loss and its gradient; halves have too few digits to add up.

    Args:
        scores: (batch, n), of half precision too, without a graph.
        loss: See loss_of.

    Returns:
        The loss, and its (batch, n) gradient, in single precision or double.
    """
    with precisely(scores.device.type):
        return loss(scores if scores.dtype == torch.float64 else scores.float())


def precisely(device_type: str) -> AbstractContextManager[object]:
    """Without autocast, where there is any: to say so takes as long as a small operation."""
    if torch.amp.is_autocast_available(device_type) and torch.is_autocast_enabled(device_type):
        return torch.autocast(device_type, enabled=False)
    return nullcontext()


class _LossWithGradient(torch.autograd.Function):
    """A loss whose gradient is made together with it."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, loss_and_gradient: LossAndGradient) -> Tensor:
        ctx.dtype = scores.dtype
        loss, gradient = evaluated(scores, loss_and_gradient)
        ctx.save_for_backward(gradient)
        return loss

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]: the decorator hides names
        ctx: Any, *gradients: Tensor
    ) -> tuple[Tensor, None]:
        (gradient,) = ctx.saved_tensors
        (factor,) = gradients
        gradient = gradient * (factor.unsqueeze(-1) if factor.dim() else factor)
        return gradient.to(ctx.dtype), None
