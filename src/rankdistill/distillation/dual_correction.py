"""Dual correction: items that the student ranks too low, above items that it ranks too high."""

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
from rankdistill.distillation.item_side import ItemSide
from rankdistill.distillation.rank_sampling import draw_positions
from rankdistill.distillation.student_ranking import (
    ranks_in_heads,
    student_head,
    student_heads,
)
from rankdistill.distillation.teacher_ranking import (
    best_items,
    check_rankable,
    cut_length,
    longest_taught,
    unseen_places,
)
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.suffix_sums import suffix_log_sum_exp


def discrepancy_log_weights(ranks: Tensor, temperature: float) -> Tensor:
    """Log of how much each item of one ranking deserves correction by another's.

    Args:
        ranks: (batch, n) int64, the other ranking's ranks of the items at ranks 1 to n.
        temperature: Ranks over which the weight saturates; positive.

    Returns:
        (batch, n) float32 log tanh(max((other rank - own rank) / temperature, 0)); -inf where the
        other ranks the item at least as high.
    """
    own_ranks = torch.arange(1, ranks.shape[1] + 1, device=ranks.device)
    return ((ranks - own_ranks).clamp_min(0) / temperature).tanh().log()


def correction_loss(
    under_scores: Tensor, over_scores: Tensor, is_under: Tensor, is_over: Tensor
) -> Tensor:
    """The relaxed Plackett-Luce loss where rows differ in how many items they correct.

    Args:
        under_scores: (batch, n) the student's scores of under-estimated items, the teacher's best
            first.
        over_scores: (batch, m) its scores of over-estimated items, in any order.
        is_under: (batch, n) bool, false for fillers.
        is_over: (batch, m) bool, false for fillers.

    Returns:
        (batch,) mean over the under-estimated items k of
        log(sum_{i >= k} exp s(under_i) + sum_over exp s) - s(under_k); 0 where there is none.

    Raises:
        ValueError: If the shapes do not fit.

    Reference:
        Lee and Kim, "Dual Correction Strategy for Ranking Distillation in Top-N Recommender
        System", CIKM 2021. The published loss is a sum over items and users.
    """
    if (
        under_scores.dim() != 2
        or under_scores.shape != is_under.shape
        or over_scores.shape != is_over.shape
        or len(under_scores) != len(over_scores)
    ):
        raise ValueError(
            f"expected (batch, n) and (batch, m) scores with masks of their shapes, got "
            f"{tuple(under_scores.shape)} and {tuple(over_scores.shape)} with "
            f"{tuple(is_under.shape)} and {tuple(is_over.shape)}."
        )
    lowest = torch.finfo(under_scores.dtype).min / 4  # as -inf, but a row of fillers is no NaN
    tail = over_scores.masked_fill(~is_over, lowest).logsumexp(1)
    normalizers = suffix_log_sum_exp(under_scores.masked_fill(~is_under, lowest), tail)
    terms = (normalizers - under_scores).masked_fill(~is_under, 0.0)
    return terms.sum(1) / is_under.sum(1).clamp_min(1)


class DualCorrection(DistillationMethod):
    """Corrects what the student has failed to learn: made to be added to ``plackett_luce``.

    Every epoch the ranks of teacher and student are compared. A user's under-estimated items are
    drawn with p ~ tanh(max((rank_S - rank_T) / temperature, 0)), the over-estimated ones with the
    ranks in each other's place, both without replacement; where fewer differ, fewer are drawn. A
    user whose two rankings agree costs nothing.

    Ranks are read off both models' ``pool`` best unseen items, and every item outside a pool has
    rank pool + 1 in it: items outside both are never drawn, and memory is num_users x (pool +
    4 num_corrections) and user_block x num_items instead of ranks of the whole catalogue.

    Args:
        num_corrections: Items drawn of either kind. Published for RRD: 40 of either kind.
        temperature: Ranks of discrepancy over which the probability saturates.
        pool: Length of the rankings that are compared, in items.
        refresh_every: Epochs from one draw to the next.
        item_side: Correct the ranking of an item's users as well. Its refresh costs more than the
            user side's (all users are scored once per block of ``user_block`` items), for which a
            larger ``refresh_every`` makes up. Published: true.
        item_weight: Factor of the item side's loss.
        items_per_batch: Items drawn per batch for the item side.
        cache_mib: What the teacher's lists of places in histories may take, in MiB. There the
            student's ranks are taken in each batch.
        weight: Factor in the sum over the active methods.

    Reference:
        Lee and Kim, CIKM 2021.
    """

    teacher_items: Tensor

    def __init__(
        self,
        num_corrections: int,
        temperature: float,
        pool: int,
        refresh_every: int,
        item_side: bool,
        item_weight: float,
        items_per_batch: int,
        cache_mib: float,
        weight: float,
    ):
        super().__init__()
        for name, value in (("num_corrections", num_corrections), ("refresh_every", refresh_every)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}.")
        if not temperature > 0:
            raise ValueError(f"temperature must be positive, got {temperature}.")
        if pool < num_corrections:
            raise ValueError(
                f"pool must be at least num_corrections = {num_corrections}, got {pool}."
            )
        self.num_corrections, self.temperature, self.pool = num_corrections, temperature, pool
        self.refresh_every, self.item_weight, self.weight = refresh_every, item_weight, weight
        self.needs_all_scores = item_side
        self.cache_mib = cache_mib
        self.item_side: ItemSide | None = None
        if item_side:
            twin = DualCorrection(
                num_corrections,
                temperature,
                pool,
                refresh_every,
                item_side=False,
                item_weight=item_weight,
                items_per_batch=items_per_batch,
                cache_mib=cache_mib,
                weight=weight,
            )
            self.item_side = ItemSide(twin, items_per_batch)
        self.items: Tensor | None = None

    @override
    def check(self, train: Interactions) -> None:
        check_rankable(train)
        if self.item_side is not None:
            self.item_side.check(train)

    @override
    def prepare(self, context: DistillationContext) -> None:
        self.pool = cut_length("pool", self.pool, longest_taught(context))
        self.list_length = self.pool
        self.num_corrections = cut_length("num_corrections", self.num_corrections, self.pool)
        self.by_place = context.by_place
        if not self.by_place:
            score_rows = context.teacher.score_rows
            items = best_items(score_rows, context.train, self.pool, context.user_block)
            self.register_buffer("teacher_items", items, persistent=False)
        self._lists = ContextLists(context, self.pool, True, self.cache_mib, "dual_correction")
        self.train_interactions, self.draws = context.train, context.draws
        self.user_block = context.user_block
        if self.item_side is not None:
            self.item_side.prepare(context)

    @override
    @torch.no_grad()
    def refresh(self, student: ScoreRows, epoch: int) -> None:
        if self.item_side is not None:
            self.item_side.refresh(student, epoch)
        self._student = student
        if self.by_place or (self.items is not None and epoch % self.refresh_every):
            return
        heads = student_heads(student, self.train_interactions, self.pool, self.user_block)
        blocks = [
            self._draw(user_ids, self.teacher_items[user_ids], ranking)
            for user_ids, ranking in heads
        ]
        self.items, self.is_drawn = map(torch.cat, zip(*blocks, strict=True))

    @override
    def loss(self, student: StudentScores) -> Tensor:
        users = student.per_user
        items, is_drawn = self._corrections(users.contexts)
        scores = users.of_items(items).split(self.num_corrections, dim=1)
        counted = is_drawn.split(self.num_corrections, dim=1)
        loss = (users.shares * correction_loss(*scores, *counted)).sum()
        if self.item_side is None:
            return loss
        return loss + self.item_weight * self.item_side.loss(student)

    @torch.no_grad()
    def _corrections(self, contexts: Contexts) -> tuple[Tensor, Tensor]:
        """What is corrected for each context: of users by epoch, of places in histories now."""
        if contexts.ends is None:
            assert self.items is not None
            return self.items[contexts.user_ids], self.is_drawn[contexts.user_ids]
        ranking = student_head(self._student, self.train_interactions, self.pool, contexts)
        return self._draw(contexts.user_ids, self._lists(contexts), ranking)

    def _draw(
        self, user_ids: Tensor, teacher_items: Tensor, ranking: Tensor
    ) -> tuple[Tensor, Tensor]:
        """A block's under- and over-estimated items, beside each other, and which of them count."""
        is_filler = ~unseen_places(self.train_interactions, user_ids, self.pool)
        drawn = []
        for own, other in ((teacher_items, ranking), (ranking, teacher_items)):
            ranks = ranks_in_heads(other, own, self.train_interactions.num_items)
            weights = discrepancy_log_weights(ranks, self.temperature)
            weights = weights.masked_fill(is_filler, -torch.inf)
            positions = draw_positions(weights, self.num_corrections, self.draws)
            positions = positions.sort(dim=1).values
            drawn.append((own.gather(1, positions), weights.gather(1, positions) > -torch.inf))
        items, counts = zip(*drawn, strict=True)
        return torch.cat(items, dim=1), torch.cat(counts, dim=1)
