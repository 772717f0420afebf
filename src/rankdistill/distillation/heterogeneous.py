"""HetComp: the teacher's best items at several moments of its training, from easy to hard."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional
from typing_extensions import override

from rankdistill.data.interactions import Interactions
from rankdistill.data.seen_items import SeenItems
from rankdistill.distillation.interface import (
    DistillationContext,
    DistillationMethod,
    ScoreRows,
    StudentScores,
)
from rankdistill.distillation.plackett_luce import relaxed_plackett_luce
from rankdistill.distillation.student_ranking import student_heads
from rankdistill.distillation.teacher_ranking import (
    best_items,
    check_rankable,
    cut_length,
    longest_taught,
)
from rankdistill.kernels.normalizers import normalizers_and_scores

ORDERED = (2, 10)
"""The order counts of the first half of a list, and of its first tenth once more (published)."""


def discrepancies(student_items: Tensor, teacher_items: Tensor) -> Tensor:
    """Compute how far the student's best items are from a list of the teacher.

    Args:
        student_items: (batch, K) the student's best items, best first.
        teacher_items: (batch, K) a list, in any order.

    Returns:
        (batch,) 1 - NDCG@K of the student's items, where those on the list are relevant: 0 where
        both are of the same items, 1 where they have none in common.
    """
    is_listed = (student_items[:, :, None] == teacher_items[:, None, :]).any(2)
    positions = torch.arange(1, student_items.shape[1] + 1, device=student_items.device)
    discounts = 1 / torch.log2(positions + 1.0)
    return 1 - (is_listed * discounts).sum(1) / discounts.sum()


def goes_on(earlier: Tensor, now: Tensor, gain: float) -> Tensor:
    """Tell for which users the student has learned a list as well as it will for now.

    Args:
        earlier: (batch,) discrepancies when the users came to their lists; nan: they come now.
        now: (batch,) present discrepancies.
        gain: The student has learned a list when its discrepancy has fallen by more than this
            factor.

    Returns:
        (batch,) bool. True too where the discrepancy has grown, or is zero.
    """
    return (earlier > gain * now) | (earlier < now) | (now == 0)


def set_loss(scores: Tensor, rest: Tensor) -> Tensor:
    """Compute the loss of a list without order: each of its items above all that is not on it.

    Args:
        scores: (batch, K) the student's scores of the list.
        rest: (batch,) log sum exp of its scores of all items that are not on the list.

    Returns:
        (batch,) mean over the list of log(exp s(pi_k) + sum_rest exp s) - s(pi_k).
    """
    return functional.softplus(rest[:, None] - scores).mean(1)


def head_order_loss(scores: Tensor, rest: Tensor) -> Tensor:
    """Compute the loss of a list in its order, in which the head counts most.

    Args:
        scores: (batch, K) the student's scores of the list, best first.
        rest: (batch,) log sum exp of its scores of all items that are not on the list.

    Returns:
        (batch,) the sum, over the first half of the list and its first tenth, of their relaxed
        Plackett-Luce losses above everything else.
    """
    num_listed, losses = scores.shape[1], torch.zeros_like(rest)
    for part in ORDERED:
        length = max(1, num_listed // part)
        below = rest
        if length < num_listed:
            below = torch.cat([scores[:, length:], rest[:, None]], dim=1).logsumexp(1)
        losses = losses + relaxed_plackett_luce(scores[:, :length], below)
    return losses


class Heterogeneous(DistillationMethod):
    """Lists of the teacher's trajectory, from easy to hard, at each user's own pace (HetComp).

    The trajectory is ``trajectory`` checkpoints of the teacher's training, the trained teacher
    last. A user begins with the list of the first. Every ``refresh_every`` epochs the student's
    best items are compared with the user's list, and where the student has learned it
    (``goes_on``), the user comes to the next. Until the last list is learned, the loss only lifts
    the list above the rest (``set_loss``); then its order counts (``head_order_loss``). In the
    published loss a user's positives are lifted along with the list; here that is the ranking
    loss's part, and seen items are neither on the list nor in the rest.

    The trajectory of an ensemble joins those of its members, checkpoint by checkpoint. Published:
    a list and a pace for each teacher, and lists averaged by the importance of ranks.

    Args:
        top_k: Length K of the lists, in items. Published: 100.
        trajectory: Checkpoints of the teacher's training, the last one included.
        refresh_every: Epochs from one look at the student to the next.
        gain: A list is learned when its discrepancy has fallen by more than this factor.
            Published: 1.05.
        gain_decay: What the gain is multiplied with from one look to the next. Published: 0.995.
        weight: Factor in the sum over the active methods.

    Reference:
        Kang et al., "Distillation from Heterogeneous Models for Top-K Recommendation", WWW 2023.
    """

    reads_rows = True
    whole_users = True
    needs_all_scores = False
    teacher_items: Tensor
    stages: Tensor
    earlier: Tensor

    def __init__(
        self,
        top_k: int,
        trajectory: int,
        refresh_every: int,
        gain: float,
        gain_decay: float,
        weight: float,
    ):
        super().__init__()
        for name, value in (
            ("top_k", top_k),
            ("trajectory", trajectory),
            ("refresh_every", refresh_every),
        ):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}.")
        for name, factor in (("gain", gain), ("gain_decay", gain_decay)):
            if not factor > 0:
                raise ValueError(f"{name} must be positive, got {factor}.")
        self.top_k, self.trajectory, self.refresh_every = top_k, trajectory, refresh_every
        self.gain, self.gain_decay, self.weight = gain, gain_decay, weight

    @override
    def check(self, train: Interactions) -> None:
        check_rankable(train)

    @override
    def prepare(self, context: DistillationContext) -> None:
        train = context.train
        self.top_k = cut_length("top_k", self.top_k, longest_taught(context))
        self.list_length = self.top_k
        lists = [
            best_items(network.score_rows, train, self.top_k, context.user_block)
            for network in (*context.earlier_teachers, context.teacher)
        ]
        self.register_buffer("teacher_items", torch.stack(lists), persistent=False)
        begins = torch.zeros(train.num_users, dtype=torch.int64, device=train.item_ids.device)
        self.register_buffer("stages", begins, persistent=False)
        unknown = torch.full_like(begins, torch.nan, dtype=torch.float32)
        self.register_buffer("earlier", unknown, persistent=False)
        self.seen, self.train_interactions = SeenItems(train), train
        self.user_block = context.user_block

    @override
    @torch.no_grad()
    def refresh(self, student: ScoreRows, epoch: int) -> None:
        if epoch % self.refresh_every:
            return
        gain = self.gain * self.gain_decay ** (epoch // self.refresh_every)
        train, top_k, block = self.train_interactions, self.top_k, self.user_block
        for user_ids, best in student_heads(student, train, top_k, block):
            earlier, now = self.earlier[user_ids], discrepancies(best, self._lists(user_ids))
            is_first_look = earlier.isnan()
            moves = goes_on(earlier, now, gain) & ~self._is_ordered(user_ids)
            self.stages[user_ids] += moves
            anew = discrepancies(best, self._lists(user_ids))
            kept = torch.where(is_first_look | moves, anew, earlier)
            self.earlier[user_ids] = kept.to(self.earlier.dtype)

    @override
    def loss(self, student: StudentScores) -> Tensor:
        users = student.per_user
        user_ids = users.contexts.user_ids
        items = self._lists(user_ids)
        left_out = self.seen.shift(user_ids).scatter_(1, items, -torch.inf)
        rows = torch.arange(len(items), device=items.device)[:, None]
        rest, scores = normalizers_and_scores(users.rows(), rows, items, left_out)
        is_ordered = self._is_ordered(user_ids)
        losses = torch.where(is_ordered, head_order_loss(scores, rest), set_loss(scores, rest))
        return (users.shares * losses).sum()

    def _is_ordered(self, user_ids: Tensor) -> Tensor:
        """(batch,) bool: whether the student has learned a user's last list."""
        return self.stages[user_ids] == len(self.teacher_items)

    def _lists(self, user_ids: Tensor) -> Tensor:
        """(batch, K) the present lists of users."""
        last = len(self.teacher_items) - 1
        return self.teacher_items[self.stages[user_ids].clamp_max(last), user_ids]
