"""Collaborative distillation: the teacher's probabilities on drawn unseen items."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from typing_extensions import override

from rankdistill.data.interactions import Interactions
from rankdistill.data.sampling import UnseenItems
from rankdistill.distillation.interface import (
    DistillationContext,
    DistillationMethod,
    ScoreRows,
    StudentScores,
)
from rankdistill.distillation.rank_sampling import positions_at
from rankdistill.distillation.teacher_rows import TeacherRows
from rankdistill.distillation.unseen_order import UnseenOrder
from rankdistill.histories.contexts import Contexts

SAMPLINGS = ("uniform", "teacher", "student")
WHOLE_ROW_SHARE = 0.1
"""Above this share of drawn items the student scores the whole catalogue; measured on a CPU."""


def collaborative_loss(
    student_scores: Tensor, teacher_scores: Tensor, temperature: float = 1.0, shift: float = 1.0
) -> Tensor:
    """Binary cross-entropy of the student's probabilities to the teacher's, user by user.

    Args:
        student_scores: (batch, n) raw scores of the drawn items.
        teacher_scores: (batch, n) the teacher's, without gradient.
        temperature: T1, in units of score; positive.
        shift: T2, in units of score.

    Returns:
        (batch,) mean over the items of - q log p - (1 - q) log(1 - p) with p = sigmoid(s) and
        q = sigmoid((t + T2) / T1).

    Raises:
        ValueError: If the shapes differ.

    Reference:
        Lee et al., "Collaborative Distillation for Top-N Recommendation", ICDM 2019.
    """
    if student_scores.dim() != 2 or student_scores.shape != teacher_scores.shape:
        raise ValueError(
            f"expected two (batch, n) tensors, got {tuple(student_scores.shape)} and "
            f"{tuple(teacher_scores.shape)}."
        )
    targets = torch.sigmoid((teacher_scores + shift) / temperature)
    return (F.softplus(student_scores) - targets * student_scores).mean(1)


class Collaborative(DistillationMethod):
    """Lee et al.'s distillation loss on items drawn anew from the user's unseen ones (CD).

    Draws are stratified: the j-th of n comes from the j-th n-th of the distribution, which keeps
    every probability and all but removes repeats.

    Args:
        sampling: ``teacher``, p ~ exp(-gamma rank / num_items) with the teacher's ranks among the
            user's unseen items (CD-TG); ``student``, with the student's, taken at the start of
            every epoch (CD-SG); ``uniform``, all alike (CD-Base). Published: all three.
        sampled_share: Items drawn per user and batch, as a share of the catalogue in (0, 1].
            Published: 0.2 to 0.5; an epoch of pairs draws for the same user in many batches.
        gamma: Sharpness of the draw; positive. The probability falls by 1/e over num_items / gamma
            ranks. Read by ``teacher`` and ``student``. No published default.
        temperature: T1, divides the teacher's shifted scores; positive. Published: 1.
        shift: T2, added to the teacher's scores. Published: 1.
        cache_mib: Memory in MiB, for the teacher's rows (see TeacherRows) and for the order of the
            items each. An order of users x items int16 (int32 above 32,767 items) that needs more
            is sorted anew for every batch, from the student as it then stands.
        weight: Factor in the sum over the active methods; large, as the loss is a mean over items.

    Reference:
        Lee et al., "Collaborative Distillation for Top-N Recommendation", ICDM 2019.
    """

    reads_rows = True

    def __init__(
        self,
        sampling: str,
        sampled_share: float,
        gamma: float,
        temperature: float,
        shift: float,
        cache_mib: float,
        weight: float,
    ):
        super().__init__()
        if sampling not in SAMPLINGS:
            raise ValueError(f"sampling must be one of {', '.join(SAMPLINGS)}, got {sampling!r}.")
        if not 0 < sampled_share <= 1:
            raise ValueError(f"sampled_share must lie above 0 and up to 1, got {sampled_share}.")
        for name, value in (("gamma", gamma), ("temperature", temperature)):
            if not value > 0:
                raise ValueError(f"{name} must be positive, got {value}.")
        self.sampling, self.sampled_share, self.gamma = sampling, sampled_share, gamma
        self.temperature, self.shift = temperature, shift
        self.cache_mib, self.weight = cache_mib, weight

    @override
    def check(self, train: Interactions) -> None:
        if self._num_drawn(train) < 1:
            raise ValueError(
                f"sampled_share = {self.sampled_share} of {train.num_items} items is none of them."
            )
        everything = int((train.counts == train.num_items).sum())
        if everything:
            raise ValueError(
                f"collaborative draws unseen items, and {everything} users have seen the whole "
                "catalogue; choose another method."
            )

    @override
    def prepare(self, context: DistillationContext) -> None:
        self.draws = context.draws
        self.num_drawn = self._num_drawn(context.train)
        self.teacher_rows = TeacherRows(context, self.cache_mib)
        if self.sampling == "uniform":
            self.unseen = UnseenItems(context.train)
        else:
            cache_mib = 0.0 if context.by_place else self.cache_mib
            self.order = UnseenOrder(context.train, context.user_block, cache_mib)
            self.temperature_in_ranks = context.train.num_items / self.gamma
        if self.sampling == "teacher":
            self.order.take(self.teacher_rows)

    @override
    def refresh(self, student: ScoreRows, epoch: int) -> None:
        if self.sampling == "student":
            self.order.take(student)

    @override
    def loss(self, student: StudentScores) -> Tensor:
        users = student.per_user
        items = self._draw(users.contexts)
        losses = collaborative_loss(
            self._scores(users, items),
            self.teacher_rows(users.contexts).gather(1, items),
            self.temperature,
            self.shift,
        )
        return (users.shares * losses).sum()

    def _num_drawn(self, train: Interactions) -> int:
        return round(self.sampled_share * train.num_items)

    def _scores(self, users: StudentScores, items: Tensor) -> Tensor:
        """The whole row is one matrix product, cheaper than many single inner products."""
        if self.sampled_share > WHOLE_ROW_SHARE:
            return users.rows().gather(1, items)
        return users.of_items(items)

    def _draw(self, contexts: Contexts) -> Tensor:
        """Draw (batch, num_drawn) items that the users of some contexts have not seen."""
        user_ids = contexts.user_ids
        if self.sampling == "uniform":
            return self.unseen.draw(user_ids, self.num_drawn, self.draws)
        within_stratum = self.draws.uniform((len(user_ids), self.num_drawn))
        strata = torch.arange(self.num_drawn, device=user_ids.device)
        quantiles = (strata + within_stratum) / self.num_drawn
        num_unseen = self.order.num_unseen[user_ids, None]
        return self.order(contexts, positions_at(quantiles, num_unseen, self.temperature_in_ranks))
