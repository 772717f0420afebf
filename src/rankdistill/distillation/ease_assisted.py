"""The list-wise loss on a ranking that the teacher and EASE make together."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from typing_extensions import override

from rankdistill.backbones.ease import Ease, refuse_too_large
from rankdistill.backbones.ensemble import standardized_rows
from rankdistill.data.interactions import Interactions
from rankdistill.data.seen_items import SeenItems
from rankdistill.distillation.interface import (
    DistillationContext,
    DistillationMethod,
    ScoreRows,
    StudentScores,
)
from rankdistill.distillation.plackett_luce import ranked_above_rest
from rankdistill.distillation.teacher_ranking import (
    best_items,
    check_rankable,
    cut_length,
    longest_taught,
)
from rankdistill.histories.contexts import Contexts


@dataclass(frozen=True)
class AssistedScores:
    """The mean of standardised score rows of the teacher and of EASE.

    Attributes:
        teacher: Its scores.
        ease: Those of EASE.
        ease_share: Weight of EASE in the mean; the teacher has the rest.
    """

    teacher: ScoreRows
    ease: ScoreRows
    ease_share: float

    def score_rows(self, contexts: Contexts) -> Tensor:
        """Contexts to (batch, num_items) scores."""
        teacher = standardized_rows(self.teacher(contexts))
        return teacher.lerp(standardized_rows(self.ease(contexts)), self.ease_share)


class EaseAssisted(DistillationMethod):
    """The relaxed Plackett-Luce loss on the best items of the teacher and EASE together.

    A network of embeddings and a linear item-item model err on different items, so that the mean of
    their scores ranks better than either, and a small student can learn that ranking too. EASE is
    solved on the training interactions before training begins, once, and then forgotten: all that
    is kept are num_users x top_k items.

    Args:
        top_k: Length K of the ranking, in items.
        ease_share: Weight of EASE in the mean of standardised scores, in [0, 1]; with 0 this is
            ``plackett_luce``.
        l2: Ridge of EASE, in interactions.
        memory_gib: What solving EASE may take at its peak, in GiB; a larger catalogue is refused.
        weight: Factor in the sum over the active methods.

    Reference:
        A method of this project. EASE: Steck, WWW 2019; the loss: Kang et al., CIKM 2020.
    """

    whole_users = True
    reads_rows = True
    teacher_items: Tensor

    def __init__(self, top_k: int, ease_share: float, l2: float, memory_gib: float, weight: float):
        super().__init__()
        if top_k < 1:
            raise ValueError(f"top_k must be at least 1, got {top_k}.")
        if not 0 <= ease_share <= 1:
            raise ValueError(f"ease_share must lie in [0, 1], got {ease_share}.")
        self.top_k, self.ease_share = top_k, ease_share
        self.l2, self.memory_gib, self.weight = l2, memory_gib, weight

    @override
    def check(self, train: Interactions) -> None:
        check_rankable(train)
        refuse_too_large(train.num_items, self.memory_gib, "distillation=[plackett_luce]")

    @override
    def prepare(self, context: DistillationContext) -> None:
        train = context.train
        self.top_k = cut_length("top_k", self.top_k, longest_taught(context))
        ease = Ease(train.num_users, train.num_items, self.l2, self.memory_gib)
        ease.to(train.item_ids.device).observe(train.user_ids, train.item_ids)
        scores = AssistedScores(context.teacher.score_rows, ease.score_rows, self.ease_share)
        items = best_items(scores.score_rows, train, self.top_k, context.user_block)
        self.register_buffer("teacher_items", items, persistent=False)
        self.seen = SeenItems(train)

    @override
    def refresh(self, student: ScoreRows, epoch: int) -> None:
        pass

    @override
    def loss(self, student: StudentScores) -> Tensor:
        users = student.per_user
        ranked = self.teacher_items[users.contexts.user_ids]
        return ranked_above_rest(users, ranked, self.seen)
