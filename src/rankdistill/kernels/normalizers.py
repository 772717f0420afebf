"""Softmax normalisers of score rows and some of their scores, with one gradient for both."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rankdistill.kernels.shares import shares_and_normalizers
from rankdistill.kernels.single_precision import at_least_single


def normalizers_and_scores(
    score_rows: Tensor, row_ids: Tensor, item_ids: Tensor, shift: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Compute ``(score_rows + shift).logsumexp(1)`` and ``score_rows[row_ids, item_ids]``.

    Each of the two would make a gradient of the size of the rows. Here the picked scores add
    theirs to that of the normalisers.

    Args:
        score_rows: (batch, num_items) raw scores, of half precision too.
        row_ids: int64 that broadcasts with ``item_ids``: the row of each picked score.
        item_ids: int64 of any shape, its item.
        shift: (batch, num_items) added before the normalisers are taken, -inf to leave an item
            out; None for nothing. It gets no gradient.

    Returns:
        (batch,) normalisers, -inf where no item is left, and the picked scores in the shape of
        ``item_ids``; in single or double precision.
    """
    scores = at_least_single(score_rows).contiguous()
    cells = row_ids * scores.shape[1] + item_ids
    normalizers, picked = _NormalizersAndScores.apply(scores, cells, shift)
    return normalizers, picked


class _NormalizersAndScores(torch.autograd.Function):
    """Keep the shares: the gradient of the normalisers."""

    @staticmethod
    def forward(
        ctx: Any, scores: Tensor, cells: Tensor, shift: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        shares, normalizers = shares_and_normalizers(scores if shift is None else scores + shift)
        ctx.save_for_backward(shares, cells)
        return normalizers, scores.view(-1).index_select(0, cells.view(-1)).view(cells.shape)

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]: the decorator hides names
        ctx: Any, *gradients: Tensor
    ) -> tuple[Tensor, None, None]:
        shares, cells = ctx.saved_tensors
        of_normalizers, of_scores = gradients
        gradient = shares * of_normalizers[:, None]
        gradient.view(-1).index_add_(0, cells.view(-1), of_scores.reshape(-1))
        return gradient, None, None
