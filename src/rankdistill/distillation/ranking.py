"""Ranking Distillation: the teacher's best unseen items as weighted positives of the student."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from typing_extensions import override

from rankdistill.data.interactions import Interactions
from rankdistill.distillation.context_lists import ContextLists
from rankdistill.distillation.interface import (
    DistillationContext,
    DistillationMethod,
    ScoreRows,
    StudentScores,
)
from rankdistill.distillation.teacher_ranking import (
    best_items,
    check_rankable,
    cut_length,
    longest_taught,
    without_target,
)
from rankdistill.distillation.weighting import Weighting
from rankdistill.histories.contexts import Contexts


def ranking_distillation_loss(
    scores: Tensor, weights: Tensor, shares: Tensor | None = None
) -> Tensor:
    """Weighted log loss on the teacher's items, all K columns at once.

    Args:
        scores: (batch, K) the student's raw scores of the teacher's items, best first.
        weights: (batch, K), or (1, K) for all alike.
        shares: (batch,) what each row weighs in the mean, summing to one; None: all alike.

    Returns:
        Mean over the batch of - sum_r w_r log sigmoid(s(pi_r)), a scalar.

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
    return -(weights * F.logsigmoid(scores)).sum()


class RankingDistillation(DistillationMethod):
    """Tang and Wang's distillation loss with any of their weightings.

    Args:
        top_k: Length K of the teacher's ranking.
        weighting: Weights of its positions.
        exclude_seen: Rank only items that the user has no training interaction with (the paper).
            Without it, only the instance's own target is struck from the list (the authors' code).
        cache_mib: What lists may take that are made for places in histories, in MiB: see
            ContextLists.
        weight: Factor in the sum over the active methods.
    """

    needs_all_scores = False
    teacher_items: Tensor

    def __init__(
        self,
        top_k: int,
        weighting: Weighting,
        exclude_seen: bool,
        cache_mib: float,
        weight: float,
    ):
        super().__init__()
        if not cache_mib > 0:
            raise ValueError(f"cache_mib must be positive, got {cache_mib}.")
        self.cache_mib = cache_mib
        if top_k < 1:
            raise ValueError(f"top_k must be at least 1, got {top_k}.")
        self.top_k = top_k
        self.weighting = weighting
        self.exclude_seen = exclude_seen
        self.weight = weight
        self.stacks = weighting.stacks

    @property
    def _targets(self) -> int:
        """Items ranked beyond K: without exclude_seen, the instance's own target may be there."""
        return 0 if self.exclude_seen else 1

    @override
    def check(self, train: Interactions) -> None:
        check_rankable(train, 1 + self._targets, self.exclude_seen)

    @override
    def prepare(self, context: DistillationContext) -> None:
        longest = longest_taught(context, self.exclude_seen) - self._targets
        self.top_k = cut_length("top_k", self.top_k, longest)
        self.list_length = self.top_k + self._targets
        items = None
        if not context.by_place:
            items = best_items(
                context.teacher.score_rows,
                context.train,
                self.list_length,
                context.user_block,
                self.exclude_seen,
            )
            self.register_buffer("teacher_items", items, persistent=False)
        self.weighting.prepare(context, items, self.top_k, self.exclude_seen)
        length = self.top_k + self._targets
        self._lists = ContextLists(context, length, self.exclude_seen, self.cache_mib, "ranking")

    @override
    def refresh(self, student: ScoreRows, epoch: int) -> None:
        self.weighting.refresh(student, epoch)

    @override
    def loss(self, student: StudentScores) -> Tensor:
        positions = None
        if self.exclude_seen:  # without a target to strike out, a user's pairs are alike
            student = student.distinct_users
        items = self._items_of(student.contexts)
        if not self.exclude_seen:
            positions = self._positions_to_keep(items, student.positive_items)
            items = items.gather(1, positions)
        scores = student.of_items(items)
        weights = self.weighting(student, scores.detach(), positions)
        return ranking_distillation_loss(scores, weights, student.shares)

    def _items_of(self, contexts: Contexts) -> Tensor:
        """The teacher's list for each context."""
        if contexts.ends is not None:
            return self._lists(contexts)
        return self.teacher_items.index_select(0, contexts.user_ids)

    def _positions_to_keep(self, items: Tensor, positive_items: Tensor | None) -> Tensor:
        if positive_items is not None:
            return without_target(items, positive_items)
        return torch.arange(self.top_k, device=items.device).expand(len(items), -1)
