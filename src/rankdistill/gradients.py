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
and its (batch, n) gradient."""


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


def precisely(device_type: str) -> AbstractContextManager[object]:
    """Without autocast, where there is any: to say so takes as long as a small operation."""
    if torch.amp.is_autocast_available(device_type) and torch.is_autocast_enabled(device_type):
        return torch.autocast(device_type, enabled=False)
    return nullcontext()


class _LossWithGradient(torch.autograd.Function):
    """A loss whose gradient is made together with it; halves have too few digits to add up."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, loss_and_gradient: LossAndGradient) -> Tensor:
        ctx.dtype = scores.dtype
        with precisely(scores.device.type):
            precise = scores if scores.dtype == torch.float64 else scores.float()
            loss, gradient = loss_and_gradient(precise)
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
