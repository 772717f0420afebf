"""Weights of the teacher's positions: pure functions of positions and of the student's ranks."""

from __future__ import annotations

import torch
from torch import Tensor


def uniform_weights(top_k: int) -> Tensor:
    """(top_k,) float32, each 1 / top_k."""
    return torch.full((top_k,), 1.0 / top_k)


def position_weights(top_k: int, lambda_: float) -> Tensor:
    """Weight the teacher's position r by exp(-r / lambda_), normalised to sum to one.

    A small ``lambda_`` trusts only the first positions; a large one trusts all K alike.

    Args:
        top_k: Length K of the teacher's ranking.
        lambda_: Sharpness in positions; positive.

    Returns:
        (top_k,) float32, best position first.

    Raises:
        ValueError: If ``lambda_`` is not positive.

    Reference:
        Tang and Wang, "Ranking Distillation", KDD 2018, position importance weight.
    """
    if not lambda_ > 0:
        raise ValueError(f"lambda_ must be positive, got {lambda_}.")
    positions = torch.arange(1, top_k + 1, dtype=torch.float32)
    return torch.softmax(-positions / lambda_, dim=0)


def discrepancy_weights(student_ranks: Tensor, mu: float | Tensor) -> Tensor:
    """Weight the teacher's position r by how far below it the student ranks the item.

    Args:
        student_ranks: (batch, top_k) ranks under the student, from 1; column r - 1 is the item
            that the teacher puts at position r.
        mu: Sharpness per rank; positive, one for all or (batch, 1). With ranks in the thousands a
            mu of 0.1 is a 0/1 gate.

    Returns:
        (batch, top_k) float32: tanh(max(mu (student rank - r), 0)), zero where the student ranks
        the item at least as high as the teacher does.

    Raises:
        ValueError: If ``mu`` is not positive.

    Reference:
        Tang and Wang, "Ranking Distillation", KDD 2018, ranking discrepancy weight.
    """
    if not isinstance(mu, Tensor) and not mu > 0:
        raise ValueError(f"mu must be positive, got {mu}.")
    positions = torch.arange(1, student_ranks.shape[1] + 1, device=student_ranks.device)
    return torch.tanh((mu * (student_ranks - positions)).clamp_min(0.0))


def normalized(weights: Tensor) -> Tensor:
    """Divide each row by its sum; a row of zeros, where nothing is left to teach, stays zero."""
    return weights / weights.sum(-1, keepdim=True).clamp_min(torch.finfo(weights.dtype).tiny)
