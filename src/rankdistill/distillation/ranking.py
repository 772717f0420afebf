"""Ranking Distillation: the teacher's best unseen items as weighted positives of the student."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from rankdistill.data.interactions import Interactions
from rankdistill.distillation.interface import (
    DistillationContext,
    DistillationMethod,
    ScoreRows,
    StudentScores,
)
from rankdistill.distillation.student_rank import ExactRank
from rankdistill.distillation.teacher_ranking import best_items, check_length, without_target
from rankdistill.distillation.weighting import Weighting


def ranking_distillation_loss(
    scores: Tensor, weights: Tensor, shares: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Weighted log loss on the teacher's items, all K columns at once.

    Args:
        scores: (batch, K) the student's raw scores of the teacher's items, best first.
        weights: (batch, K), or (1, K) for all alike.
        shares: (batch,) what each row weighs in the mean, summing to one; None: all alike.

    Returns:
        Mean over the batch of - sum_r w_r log sigmoid(s(pi_r)), and its (batch, K) gradient.

    Raises:
        ValueError: If the shapes do not fit.

    Reference:
        Tang and Wang, "Ranking Distillation", KDD 2018.
    """
    if scores.dim() != 2 or weights.shape not in {scores.shape, (1, scores.shape[1])}:
        raise ValueError(
            f"weights {tuple(weights.shape)} do not fit scores {tuple(scores.shape)}: "
            "expected (batch, K) or (1, K)."
        )
    weights = weights / len(scores) if shares is None else weights * shares[:, None]
    shortfalls = -scores
    loss = F.softplus(shortfalls).mul_(weights).sum()
    return loss, shortfalls.sigmoid_().mul_(weights).neg_()


class RankingDistillation(DistillationMethod):
    """Tang and Wang's distillation loss with any of their weightings.

    Args:
        top_k: Length K of the teacher's ranking.
        weighting: Weights of its positions.
        exclude_seen: Rank only items that the user has no training interaction with (the paper).
            Without it, only the instance's own target is struck from the list (the authors' code).
        weight: Factor in the sum over the active methods.
    """

    teacher_items: Tensor
    position_weights: Tensor

    def __init__(
        self, top_k: int, weighting: Weighting, exclude_seen: bool = True, weight: float = 1.0
    ):
        super().__init__()
        if top_k < 1:
            raise ValueError(f"top_k must be at least 1, got {top_k}.")
        self.top_k = top_k
        self.weighting = weighting
        self.exclude_seen = exclude_seen
        self.weight = weight
        self.reads_ranks = False
        self._weights: Tensor | None = None

    @property
    def _length(self) -> int:
        """Without exclude_seen one more than K: the instance's own target may be among them."""
        return self.top_k if self.exclude_seen else self.top_k + 1

    def check(self, train: Interactions) -> None:
        """See DistillationMethod."""
        check_length(train, self._length, self.exclude_seen)

    def prepare(self, context: DistillationContext) -> None:
        """See DistillationMethod."""
        items = best_items(
            context.teacher.score_rows,
            context.train,
            self._length,
            context.user_block,
            self.exclude_seen,
        )
        self.register_buffer("teacher_items", items, persistent=False)
        weights = self.weighting.of_positions(self.top_k).to(items.device)
        self.register_buffer("position_weights", weights, persistent=False)
        if self.weighting.student_rank is not None:
            self.weighting.student_rank.prepare(context, items, self.exclude_seen)

    def refresh(self, student: ScoreRows, epoch: int) -> None:
        """See DistillationMethod."""
        self.reads_ranks = self.weighting.reads_ranks(epoch)
        if self.reads_ranks:
            assert self.weighting.student_rank is not None
            self.weighting.student_rank.refresh(student)
        self._weights = self._weights_of_all_users()

    def loss(self, student: StudentScores) -> Tensor:
        """See DistillationMethod."""
        student, items = self._rows(student)
        return student.loss_of_items(items, partial(self._loss, student, items))

    def learn(self, student: StudentScores, factor: float) -> Tensor:
        """See DistillationMethod."""
        student, items = self._rows(student)
        return student.learn_items(items, partial(self._loss, student, items), factor)

    def _rows(self, student: StudentScores) -> tuple[StudentScores, Tensor]:
        """The batch and its teacher items; without a target to strike, a user's pairs are alike."""
        if self.exclude_seen:
            student = student.distinct_users
        return student, self.teacher_items.index_select(0, student.user_ids)

    def _loss(self, student: StudentScores, items: Tensor, scores: Tensor) -> tuple[Tensor, Tensor]:
        """The loss of the scores of a batch's teacher items, and its gradient."""
        if self._weights is not None:
            weights = self._weights.index_select(0, student.user_ids)
            return ranking_distillation_loss(scores, weights, student.shares)
        ranks = self._student_ranks(student, scores) if self.reads_ranks else None
        if self.exclude_seen:
            return ranking_distillation_loss(scores, self._weights_at(ranks), student.shares)
        kept = self._positions_to_keep(items, student.positive_items)
        ranks = None if ranks is None else ranks.gather(1, kept)
        loss, gradient = ranking_distillation_loss(
            scores.gather(1, kept), self._weights_at(ranks), student.shares
        )
        return loss, torch.zeros_like(scores).scatter_(1, kept, gradient)

    def _weights_at(self, ranks: Tensor | None) -> Tensor:
        """(batch, K) weights of a batch, or (1, K) where no ranks are read."""
        if ranks is None:
            return self.position_weights[None]
        return self.weighting(self.position_weights, ranks)

    def _weights_of_all_users(self) -> Tensor | None:
        """(num_users, K) weights where they stay as they are for an epoch, made once for all."""
        ranks = self.weighting.student_rank
        if not (self.reads_ranks and self.exclude_seen and isinstance(ranks, ExactRank)):
            return None
        return self.weighting(self.position_weights, ranks.ranks)

    def _student_ranks(self, student: StudentScores, scores: Tensor) -> Tensor:
        assert self.weighting.student_rank is not None
        return self.weighting.student_rank(student, scores)

    def _positions_to_keep(self, items: Tensor, positive_items: Tensor | None) -> Tensor:
        if positive_items is not None:
            return without_target(items, positive_items)
        return torch.arange(self.top_k, device=items.device).expand(len(items), -1)
