"""Cross-entropy of rows times a whole table, a block of rows at a time.

The scores of some thousand places in histories take a hundred megabytes, and so does their
gradient. A block of rows stays in the processor's cache from its scores to its gradient.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rankdistill.kernels.placement import on_cpu

_CELLS = 2**20
"""Scores in a block."""


def suits_blocks(left: Tensor) -> bool:
    """Tell whether blocks are faster than whole rows: on a CPU, where nothing is rounded."""
    precise = left.dtype in (torch.float32, torch.float64)
    return on_cpu(left) and precise and not torch.is_autocast_enabled("cpu")


def product_softmax(
    left: Tensor, right: Tensor, shift: Tensor | None, item_ids: Tensor, weights: Tensor
) -> Tensor:
    """Compute the sum of ``weights * cross_entropy(left @ right.t() + shift, item_ids)``.

    Args:
        left: (batch, dim).
        right: (n, dim).
        shift: (n,) added to every row, or None.
        item_ids: (batch,) int64, the positive of each row.
        weights: (batch,) no gradient.

    Returns:
        A scalar.
    """
    loss = _ProductSoftmax.apply(left, right, shift, item_ids, weights)
    assert isinstance(loss, Tensor)
    return loss


class _ProductSoftmax(torch.autograd.Function):
    """Make the gradient of a block while its scores are at hand."""

    @staticmethod
    def forward(
        ctx: Any,
        left: Tensor,
        right: Tensor,
        shift: Tensor | None,
        item_ids: Tensor,
        weights: Tensor,
    ) -> Tensor:
        loss = left.new_zeros(())
        of_left, of_right = torch.empty_like(left), torch.zeros_like(right)
        of_shift = None if shift is None else torch.zeros_like(shift)
        size = max(1, _CELLS // max(len(right), 1))
        table = left.new_empty(min(size, len(left)), len(right))
        for start in range(0, len(left), size):
            block = slice(start, min(start + size, len(left)))
            rows, positives, own = left[block], item_ids[block, None], weights[block, None]
            scores = torch.mm(rows, right.t(), out=table[: len(rows)])
            if shift is not None:
                scores += shift
            picked = scores.gather(1, positives)
            largest = scores.amax(1, keepdim=True)
            sums = scores.sub_(largest).exp_().sum(1, keepdim=True)
            loss += (own * (largest + sums.log() - picked)).sum()
            scores.mul_(own / sums).scatter_add_(1, positives, -own)
            torch.mm(scores, right, out=of_left[block])
            of_right.addmm_(scores.t(), rows)
            if of_shift is not None:
                of_shift += scores.sum(0)
        ctx.save_for_backward(of_left, of_right, of_shift)
        return loss

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]: the decorator hides names
        ctx: Any, *gradients: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None, None, None]:
        of_left, of_right, of_shift = ctx.saved_tensors
        (scale,) = gradients
        of_shift = None if of_shift is None else of_shift * scale
        return of_left * scale, of_right * scale, of_shift, None, None
