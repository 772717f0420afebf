"""Cross-entropy of whole score rows to given distributions, with its gradient in closed form."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rankdistill.kernels.shares import shares_and_normalizers
from rankdistill.kernels.single_precision import at_least_single, without_autocast


def soft_cross_entropy(score_rows: Tensor, targets: Tensor, shift: Tensor | None = None) -> Tensor:
    """Compute ``(score_rows + shift).logsumexp(1) - (targets * score_rows).sum(1)``.

    The gradient is softmax(score_rows + shift) - targets, which needs one table of the size of the
    rows where autograd makes five.

    Args:
        score_rows: (batch, num_items) raw scores, finite, of half precision too.
        targets: (batch, num_items) distributions, zero at items that are left out; no gradient.
        shift: (batch, num_items) -inf to leave an item out and zero elsewhere; None to leave out
            nothing. It gets no gradient.

    Returns:
        (batch,) in single or double precision.
    """
    losses = _SoftCrossEntropy.apply(at_least_single(score_rows), targets, shift)
    assert isinstance(losses, Tensor)
    return losses


class _SoftCrossEntropy(torch.autograd.Function):
    """Make the gradient together with the losses."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, targets: Tensor, shift: Tensor | None) -> Tensor:
        targets = targets.to(scores.dtype)
        shares, normalizers = shares_and_normalizers(scores if shift is None else scores + shift)
        with without_autocast(scores.device.type):
            losses = normalizers - torch.linalg.vecdot(targets, scores)
        ctx.save_for_backward(shares.sub_(targets))
        return losses

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]: the decorator hides names
        ctx: Any, *gradients: Tensor
    ) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * gradients[0][:, None], None, None
