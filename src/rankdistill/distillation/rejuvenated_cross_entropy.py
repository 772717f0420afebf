"""Rejuvenated cross-entropy: the teacher's distribution where the student's own best items are."""

from __future__ import annotations

import torch
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
from rankdistill.distillation.rank_sampling import draw_positions
from rankdistill.distillation.soft_targets import soft_target_loss
from rankdistill.distillation.student_ranking import (
    ranks_in_heads,
    student_head,
    student_heads,
)
from rankdistill.distillation.teacher_ranking import (
    best_items,
    check_rankable,
    cut_length,
    longest_ranking,
    longest_taught,
)
from rankdistill.distillation.teacher_rows import TeacherRows
from rankdistill.distillation.temperatures import two_temperatures
from rankdistill.histories.contexts import Contexts


def closure_weights(student_ranks: Tensor, top_k: int, pool: int) -> Tensor:
    """How much the teacher's missing items want each of the student's next items beside them.

    Cross-entropy on a set of items bounds NDCG where the set holds all that the student ranks
    above any of its members. A next item is above as many missing items as lie at or below it.

    Args:
        student_ranks: (batch, K) the student's ranks of the teacher's items, 1 for the best;
            pool + 1 for all beyond the pool. An item is missing where its rank exceeds ``top_k``.
        top_k: Length of the student's head.
        pool: The student's rank of the last next item.

    Returns:
        (batch, pool - top_k) float32, by the student's ranks top_k + 1 to pool: the number of
        missing items at or below; 0 where the rank is held by a missing item, which is in the set
        already.
    """
    missing_at = torch.zeros(len(student_ranks), pool + 1, device=student_ranks.device)
    ones = torch.ones(student_ranks.shape, device=student_ranks.device)
    missing_at = missing_at.scatter_add(1, student_ranks - 1, ones)[:, top_k:]
    at_or_below = missing_at.flip(1).cumsum(1).flip(1)
    return at_or_below.masked_fill(missing_at > 0, 0.0)[:, :-1]


def rejuvenated_cross_entropy(
    student_logits: Tensor, teacher_logits: Tensor, num_head: int, rest_weights: Tensor
) -> Tensor:
    """Two cross-entropies to the teacher's softmax, over the student's head and over the rest.

    Args:
        student_logits: (batch, n) the student's scores over the temperature: first of its head,
            then of the rest.
        teacher_logits: (batch, n) the teacher's of the same items; -inf leaves an item of the rest
            out of the set. An empty rest costs nothing.
        num_head: Items of the head.
        rest_weights: (batch,) weight w of the rest, in [0, 1].

    Returns:
        (batch,) (1 - w) CE_head + w CE_rest.

    Raises:
        ValueError: If the shapes do not fit.

    Reference:
        Zhu and Zhang, "Rejuvenating Cross-Entropy Loss in Knowledge Distillation for Recommender
        Systems", arXiv 2509.20989, 2025.
    """
    if rest_weights.shape != student_logits.shape[:1] or not 0 < num_head < student_logits.shape[1]:
        raise ValueError(
            f"expected (batch, n) logits with 0 < num_head < n and (batch,) weights, got "
            f"{tuple(student_logits.shape)}, {num_head} and {tuple(rest_weights.shape)}."
        )
    head = soft_target_loss(student_logits[:, :num_head], teacher_logits[:, :num_head])
    teacher_rest = teacher_logits[:, num_head:]
    is_empty = (teacher_rest == -torch.inf).all(1)
    teacher_rest = teacher_rest.masked_fill(is_empty[:, None], 0.0)
    rest = soft_target_loss(student_logits[:, num_head:], teacher_rest)
    return (1 - rest_weights) * head + rest_weights * rest.masked_fill(is_empty, 0.0)


class RejuvenatedCrossEntropy(DistillationMethod):
    """Cross-entropy on the student's best items, and on the teacher's that are not among them.

    The student's head (its ``top_k`` best unseen items) is taken anew every epoch. The rest are
    the teacher's ``top_k`` that the head misses and ``num_sampled`` of the student's next items,
    drawn without replacement by ``closure_weights``. The weight of the rest,
    exp(-beta * share of the teacher's items in the head), falls as the student catches up. Kept
    per user are 2 top_k + num_sampled items and teacher's scores.

    Args:
        top_k: Length K of both heads, in items. Published: 50 to 100.
        num_sampled: Next items in the rest, fewer where fewer are wanted; null: as many as
            ``top_k``.
        pool: The student's rank of the last item that may be drawn; missing items beyond it count
            as below it. Null: top_k + 2 num_sampled.
        beta: How fast the weight of the rest falls with the share. Published: 1 to 15.
        temperature: Divides the student's scores; positive. Published: 10.
        teacher_temperature: Divides the teacher's scores; null takes ``temperature``. A teacher
            whose scores lie between 0 and 1 (EASE) needs a small one.
        refresh_every: Epochs from one look at the student to the next. Published: 1.
        cache_mib: Memory for all rows of the teacher, in MiB; where it is too little, the teacher
            scores anew at each refresh. For places in histories it bounds the teacher's lists, and
            the sets are made for each batch.
        weight: Factor in the sum over the active methods. The gradient falls with the square of
            the temperature; a weight of the square makes up for it.

    Reference:
        Zhu and Zhang, arXiv 2509.20989, 2025.
    """

    reads_rows = True
    needs_all_scores = False
    teacher_items: Tensor

    def __init__(
        self,
        top_k: int,
        num_sampled: int | None,
        pool: int | None,
        beta: float,
        temperature: float,
        teacher_temperature: float | None,
        refresh_every: int,
        cache_mib: float,
        weight: float,
    ):
        super().__init__()
        self.top_k, self.beta = top_k, beta
        self.num_sampled = top_k if num_sampled is None else num_sampled
        self.pool = top_k + 2 * self.num_sampled if pool is None else pool
        temperatures = two_temperatures(temperature, teacher_temperature)
        self.temperature, self.teacher_temperature = temperatures
        self.refresh_every, self.cache_mib, self.weight = refresh_every, cache_mib, weight
        for name in ("top_k", "num_sampled", "refresh_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}.")
        if not beta >= 0:
            raise ValueError(f"beta must not be negative, got {beta}.")
        if self.pool < top_k + self.num_sampled:
            raise ValueError(
                f"pool must be at least top_k + num_sampled = {top_k + self.num_sampled}, "
                f"got {pool}."
            )
        self.items: Tensor | None = None

    @override
    def check(self, train: Interactions) -> None:
        check_rankable(train, needed=2)  # the last of the student's is left to be drawn

    @override
    def prepare(self, context: DistillationContext) -> None:
        self._cut(context)
        self.by_place = context.by_place
        if not self.by_place:
            score_rows = context.teacher.score_rows
            items = best_items(score_rows, context.train, self.top_k, context.user_block)
            self.register_buffer("teacher_items", items, persistent=False)
        self.teacher_rows = TeacherRows(context, self.cache_mib)
        method = "rejuvenated_cross_entropy"
        self._lists = ContextLists(context, self.top_k, True, self.cache_mib, method)
        self.train_interactions, self.draws = context.train, context.draws
        self.user_block = context.user_block

    @override
    @torch.no_grad()
    def refresh(self, student: ScoreRows, epoch: int) -> None:
        self._student = student
        if self.by_place or (self.items is not None and epoch % self.refresh_every):
            return
        heads = student_heads(student, self.train_interactions, self.pool, self.user_block)
        blocks = [
            self._sets_of(Contexts(user_ids), self.teacher_items[user_ids], ranking)
            for user_ids, ranking in heads
        ]
        self.items, self.teacher_logits, self.rest_weights = map(
            torch.cat, zip(*blocks, strict=True)
        )

    @override
    def loss(self, student: StudentScores) -> Tensor:
        users = student.per_user
        items, teacher_logits, rest_weights = self._sets(users.contexts)
        losses = rejuvenated_cross_entropy(
            users.of_items(items) / self.temperature,
            teacher_logits,
            self.top_k,
            rest_weights,
        )
        return (users.shares * losses).sum()

    def _cut(self, context: DistillationContext) -> None:
        """Cut heads and pool to what users have not seen, and heads to what the teacher ranks."""
        self.pool = cut_length("pool", self.pool, longest_ranking(context.train))
        longest = min(self.pool - 1, longest_taught(context))
        self.list_length = self.top_k = cut_length("top_k", self.top_k, longest)
        self.num_sampled = cut_length("num_sampled", self.num_sampled, self.pool - self.top_k)

    @torch.no_grad()
    def _sets(self, contexts: Contexts) -> tuple[Tensor, Tensor, Tensor]:
        """The sets of each context: of users by epoch, of places in histories as they are now."""
        if contexts.ends is None:
            assert self.items is not None
            user_ids = contexts.user_ids
            return self.items[user_ids], self.teacher_logits[user_ids], self.rest_weights[user_ids]
        ranking = student_head(self._student, self.train_interactions, self.pool, contexts)
        return self._sets_of(contexts, self._lists(contexts), ranking)

    def _sets_of(
        self, contexts: Contexts, teacher_items: Tensor, ranking: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """A block's items (head, teacher's, drawn), the teacher's logits and the rest's weight."""
        ranks = ranks_in_heads(ranking, teacher_items, self.train_interactions.num_items)
        in_head = ranks <= self.top_k
        wanted = closure_weights(ranks, self.top_k, self.pool)
        drawn = draw_positions(wanted.log(), self.num_sampled, self.draws)
        next_items = ranking[:, self.top_k :].gather(1, drawn)
        items = torch.cat([ranking[:, : self.top_k], teacher_items, next_items], dim=1)
        left_out = torch.cat(
            [torch.zeros_like(in_head), in_head, wanted.gather(1, drawn) == 0], dim=1
        )
        logits = self.teacher_rows(contexts).gather(1, items) / self.teacher_temperature
        share_in_head = in_head.float().mean(1)
        return items, logits.masked_fill(left_out, -torch.inf), (-self.beta * share_in_head).exp()
