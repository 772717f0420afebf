"""Weightings of the teacher's positions: uniform, position, discrepancy and their hybrid."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from typing_extensions import override

from rankdistill.distillation.in_place import in_place_of
from rankdistill.distillation.interface import DistillationContext, ScoreRows, StudentScores
from rankdistill.distillation.student_rank import StudentRank
from rankdistill.distillation.weights import (
    discrepancy_weights,
    normalized,
    position_weights,
    uniform_weights,
)


class Weighting(Protocol):
    """How much each of the teacher's K positions counts.

    Attributes:
        stacks: See DistillationMethod.
    """

    stacks: str | None = None

    def prepare(
        self,
        context: DistillationContext,
        teacher_items: Tensor | None,
        top_k: int,
        exclude_seen: bool,
    ) -> None:
        """Once, before fitting.

        Args:
            context: What the method was given.
            teacher_items: (num_users, n) the teacher's lists, best first; n is at least K. None
                where all batches are of places in histories.
            top_k: How many items of a list are weighed, K.
            exclude_seen: Whether the lists hold unseen items alone.
        """
        ...

    def refresh(self, student: ScoreRows, epoch: int) -> None:
        """At the start of every epoch (from 0), without gradient."""
        ...

    def __call__(
        self, student: StudentScores, scores: Tensor, positions: Tensor | None = None
    ) -> Tensor:
        """Weigh the items of a batch.

        Args:
            student: The student's view of the batch.
            scores: (batch, K) its detached scores of the items.
            positions: (batch, K) where in the teacher's lists the items are, from 0; None where
                they are the whole lists.

        Returns:
            (batch, K), or (1, K) where all users are alike.
        """
        ...


class UniformWeighting(Weighting):
    """Every position alike."""

    stacks: str | None = "any"

    def of_positions(self, top_k: int) -> Tensor:
        """Weigh K positions: (top_k,) float32."""
        return uniform_weights(top_k)

    @override
    def prepare(
        self,
        context: DistillationContext,
        teacher_items: Tensor | None,
        top_k: int,
        exclude_seen: bool,
    ) -> None:
        self._weights = self.of_positions(top_k).to(context.train.item_ids.device)[None]

    @override
    def refresh(self, student: ScoreRows, epoch: int) -> None:
        pass

    @override
    def __call__(
        self, student: StudentScores, scores: Tensor, positions: Tensor | None = None
    ) -> Tensor:
        return self._weights


class PositionWeighting(UniformWeighting):
    """Position importance, w^a.

    Args:
        lambda_: See ``position_weights``.
    """

    def __init__(self, lambda_: float):
        position_weights(1, lambda_)
        self.lambda_ = lambda_

    @override
    def of_positions(self, top_k: int) -> Tensor:
        return position_weights(top_k, self.lambda_)


class DiscrepancyWeighting(Weighting):
    """Ranking discrepancy, w^b.

    Args:
        mu: See ``discrepancy_weights``.
        student_rank: Where the student's ranks come from.
        normalize: Divide a user's weights by their sum, so that the loss keeps its scale while the
            student learns.
    """

    def __init__(self, mu: float, student_rank: StudentRank, normalize: bool):
        discrepancy_weights(torch.ones(1, 1), mu)
        self.mu = mu
        self.student_rank = student_rank
        self.normalize = normalize
        self.stacks = "users" if student_rank.samples else "any"
        self._of_all_users: Tensor | None = None

    def of_positions(self, top_k: int) -> Tensor:
        """Weigh K positions before the discrepancy is known: (top_k,) float32."""
        return torch.ones(top_k)

    def of_ranks(self, student_ranks: Tensor) -> Tensor:
        """Weigh by (n, K) ranks of the teacher's items under the student: (n, K)."""
        weights = self._of_positions * discrepancy_weights(student_ranks, self.mu)
        return normalized(weights) if self.normalize else weights

    @override
    def prepare(
        self,
        context: DistillationContext,
        teacher_items: Tensor | None,
        top_k: int,
        exclude_seen: bool,
    ) -> None:
        self._of_positions = self.of_positions(top_k).to(context.train.item_ids.device)
        self._of_all_users = None
        self.student_rank.prepare(context, teacher_items, exclude_seen)

    @override
    def refresh(self, student: ScoreRows, epoch: int) -> None:
        self.student_rank.refresh(student)
        ranks = self.student_rank.of_all_users
        if ranks is not None and ranks.shape[1] == len(self._of_positions):
            self._of_all_users = in_place_of(self._of_all_users, self.of_ranks(ranks))

    @override
    def __call__(
        self, student: StudentScores, scores: Tensor, positions: Tensor | None = None
    ) -> Tensor:
        if self._of_all_users is not None and student.contexts.ends is None:
            return self._of_all_users.index_select(0, student.contexts.user_ids)
        return self.of_ranks(self.student_rank(student, scores, positions))


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
        warmup_epochs: int,
        normalize: bool,
    ):
        super().__init__(mu, student_rank, normalize)
        if warmup_epochs < 0:
            raise ValueError(f"warmup_epochs must not be negative, got {warmup_epochs}.")
        position_weights(1, lambda_)
        self.lambda_ = lambda_
        self.warmup_epochs = warmup_epochs

    @override
    def of_positions(self, top_k: int) -> Tensor:
        return position_weights(top_k, self.lambda_)

    @override
    def refresh(self, student: ScoreRows, epoch: int) -> None:
        self.is_warm = epoch >= self.warmup_epochs
        if self.is_warm:
            super().refresh(student, epoch)

    @override
    def __call__(
        self, student: StudentScores, scores: Tensor, positions: Tensor | None = None
    ) -> Tensor:
        if not self.is_warm:
            return self._of_positions[None]
        return super().__call__(student, scores, positions)
