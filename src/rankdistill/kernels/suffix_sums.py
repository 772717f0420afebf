"""Normalisers of a ranking: for each position, of what has not been ranked above it."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.kernels.placement import on_cpu

_CLOSE = 80.0  # exp(-80) is not zero in single precision


def suffix_log_sum_exp(ranked_scores: Tensor, tail: Tensor) -> Tensor:
    """Compute log(sum_{i >= k} exp(ranked_scores_i) + exp(tail)) for every position k.

    That is ``torch.logaddexp(ranked_scores.flip(1).logcumsumexp(1).flip(1), tail[:, None])``.
    Sums of exponentials take a fraction of the time of cumulative logarithms on a CPU. They serve
    where no score is so far below the largest that its exponential would vanish.

    Args:
        ranked_scores: (batch, K).
        tail: (batch,), -inf for nothing.

    Returns:
        (batch, K).
    """
    tails = tail[:, None]
    if on_cpu(ranked_scores):
        with torch.no_grad():
            largest = torch.maximum(ranked_scores.amax(1, keepdim=True), tails)
            least = torch.minimum(ranked_scores.amin(1, keepdim=True), tails)
            are_close = bool((largest - least < _CLOSE).all())
        if are_close:
            sums = (ranked_scores - largest).exp().flip(1).cumsum(1).flip(1)
            return (sums + (tails - largest).exp()).log() + largest
    return torch.logaddexp(ranked_scores.flip(1).logcumsumexp(1).flip(1), tails)
