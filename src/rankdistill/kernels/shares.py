"""The softmax of score rows and its normalisers, in one pass."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.kernels.placement import on_cpu


def shares_and_normalizers(scores: Tensor) -> tuple[Tensor, Tensor]:
    """Compute ``scores.softmax(1)`` and ``scores.logsumexp(1)``, which share their work.

    The largest share of a row is exp(largest score - normaliser), so the normaliser follows from
    it. The shares are the gradient of the normalisers.

    Args:
        scores: (batch, n) no gradient; -inf leaves an item out.

    Returns:
        (batch, n) shares, zero in a row that nothing is left in, and (batch,) normalisers, -inf
        there.
    """
    largest = scores.amax(1)
    shares = torch.softmax(scores, 1)
    normalizers = largest - shares.amax(1).log()
    empty = largest == -torch.inf
    if not on_cpu(empty) or bool(empty.any()):  # looking costs less than filling, on a CPU
        shares.masked_fill_(empty[:, None], 0.0)
        normalizers.masked_fill_(empty, -torch.inf)
    return shares, normalizers
