"""Weights of the teacher's positions: uniform, position, discrepancy and their hybrid."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from rankdistill.distillation.student_rank import StudentRank


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


def discrepancy_weights(student_ranks: Tensor, mu: float) -> Tensor:
    """Weight the teacher's position r by how far below it the student ranks the item.

    Args:
        student_ranks: (batch, top_k) ranks under the student, from 1; column r - 1 is the item
            that the teacher puts at position r.
        mu: Sharpness per rank; positive. With ranks in the thousands a mu of 0.1 is a 0/1 gate.

    Returns:
        (batch, top_k) float32: tanh(max(mu (student rank - r), 0)), zero where the student ranks
        the item at least as high as the teacher does.

    Raises:
        ValueError: If ``mu`` is not positive.

    Reference:
        Tang and Wang, "Ranking Distillation", KDD 2018, ranking discrepancy weight.
    """
    if not mu > 0:
        raise ValueError(f"mu must be positive, got {mu}.")
    positions = torch.arange(1, student_ranks.shape[1] + 1, device=student_ranks.device)
    return torch.tanh((mu * (student_ranks - positions)).clamp_min(0.0))


def normalized(weights: Tensor) -> Tensor:
    """Divide each row by its sum; a row of zeros, where nothing is left to teach, stays zero."""
    return weights / weights.sum(-1, keepdim=True).clamp_min(torch.finfo(weights.dtype).tiny)


class Weighting(Protocol):
    """How much each of the teacher's K positions counts."""

    student_rank: StudentRank | None
    """The source of ranks, where the weights read any."""

    def of_positions(self, top_k: int) -> Tensor:
        """(top_k,) float32, the part that depends on the position alone; computed once."""
        ...

    def reads_ranks(self, epoch: int) -> bool:
        """Whether the weights of this epoch (from 0) need the student's ranks."""
        ...

    def __call__(self, of_positions: Tensor, student_ranks: Tensor) -> Tensor:
        """Weigh a batch of an epoch that reads ranks: (batch, top_k) to (batch, top_k)."""
        ...


class UniformWeighting:
    """Every position alike."""

    student_rank = None

    def of_positions(self, top_k: int) -> Tensor:
        """See Weighting."""
        return uniform_weights(top_k)

    def reads_ranks(self, epoch: int) -> bool:
        """See Weighting."""
        return False

    def __call__(self, of_positions: Tensor, student_ranks: Tensor) -> Tensor:
        """See Weighting."""
        return of_positions.expand_as(student_ranks)


class PositionWeighting(UniformWeighting):
    """Position importance, w^a.

    Args:
        lambda_: See ``position_weights``.
    """

    def __init__(self, lambda_: float):
        position_weights(1, lambda_)
        self.lambda_ = lambda_

    def of_positions(self, top_k: int) -> Tensor:
        """See Weighting."""
        return position_weights(top_k, self.lambda_)


class DiscrepancyWeighting:
    """Ranking discrepancy, w^b.

    Args:
        mu: See ``discrepancy_weights``.
        student_rank: Where the student's ranks come from.
        normalize: Divide a user's weights by their sum, so that the loss keeps its scale while the
            student learns.
    """

    def __init__(self, mu: float, student_rank: StudentRank, normalize: bool = False):
        discrepancy_weights(torch.ones(1, 1), mu)
        self.mu = mu
        self.student_rank = student_rank
        self.normalize = normalize

    def of_positions(self, top_k: int) -> Tensor:
        """See Weighting."""
        return torch.ones(top_k)

    def reads_ranks(self, epoch: int) -> bool:
        """See Weighting."""
        return True

    def __call__(self, of_positions: Tensor, student_ranks: Tensor) -> Tensor:
        """See Weighting."""
        weights = of_positions * discrepancy_weights(student_ranks, self.mu)
        return normalized(weights) if self.normalize else weights


class HybridWeighting(DiscrepancyWeighting):
    """Position importance alone during warm-up, then its product with the discrepancy.

    Args:
        lambda_: See ``position_weights``.
        mu: See ``discrepancy_weights``.
        student_rank: Where the student's ranks come from.
        warmup_epochs: Epochs with position importance alone.
        normalize: Divide the product by its sum (the paper); without, the loss fades as the
            student comes to agree with the teacher (the authors' code).
    """

    def __init__(
        self,
        lambda_: float,
        mu: float,
        student_rank: StudentRank,
        warmup_epochs: int = 10,
        normalize: bool = True,
    ):
        super().__init__(mu, student_rank, normalize)
        if warmup_epochs < 0:
            raise ValueError(f"warmup_epochs must not be negative, got {warmup_epochs}.")
        position_weights(1, lambda_)
        self.lambda_ = lambda_
        self.warmup_epochs = warmup_epochs

    def of_positions(self, top_k: int) -> Tensor:
        """See Weighting."""
        return position_weights(top_k, self.lambda_)

    def reads_ranks(self, epoch: int) -> bool:
        """See Weighting."""
        return epoch >= self.warmup_epochs
