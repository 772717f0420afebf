"""Unbiased distillation: the teacher's order within groups of equally popular items."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from typing_extensions import override

from rankdistill.data.interactions import Interactions
from rankdistill.distillation.interface import (
    DistillationContext,
    DistillationMethod,
    ScoreRows,
    StudentScores,
)
from rankdistill.distillation.kept_by_context import KeptByContext
from rankdistill.distillation.rank_sampling import positions_at
from rankdistill.distillation.teacher_scores import finite_scores
from rankdistill.histories.contexts import Contexts


def popularity_groups(popularity: Tensor, num_groups: int) -> Tensor:
    """Cut the catalogue, sorted by popularity, into groups of equal total popularity.

    Args:
        popularity: (num_items,) int64, the number of training interactions of each item.
        num_groups: Number of groups G.

    Returns:
        (num_items,) int64, 0 for the group of the most popular items. An item that a boundary
        falls into belongs to the group that has its middle; some groups are empty where single
        items are more popular than a group's share. Without any interaction all are in the first.
    """
    descending, order = popularity.sort(descending=True, stable=True)
    middle_doubled = 2 * descending.cumsum(0) - descending
    total_doubled = 2 * descending.sum().clamp_min(1)
    in_order = (num_groups * middle_doubled // total_doubled).clamp_max(num_groups - 1)
    return torch.empty_like(order).scatter_(0, order, in_order)


def order_loss(better_scores: Tensor, worse_scores: Tensor, is_pair: Tensor) -> Tensor:
    """Mean over a user's pairs of - log sigmoid(s_better - s_worse).

    Args:
        better_scores: (batch, n) the student's scores of what the teacher ranks higher.
        worse_scores: (batch, n) its scores of what the teacher ranks lower.
        is_pair: (batch, n) bool, false where there is no pair to learn from.

    Returns:
        (batch,) means over the true pairs; zero for a user without one.

    Raises:
        ValueError: If the shapes differ.
    """
    shapes = {tuple(tensor.shape) for tensor in (better_scores, worse_scores, is_pair)}
    if len(shapes) > 1 or better_scores.dim() != 2:
        raise ValueError(f"expected three (batch, n) tensors, got {sorted(shapes)}.")
    losses = F.softplus(worse_scores - better_scores) * is_pair
    return losses.sum(1) / is_pair.sum(1).clamp_min(1)


class Unbiased(DistillationMethod):
    """Chen et al.'s distillation of pairs from within groups of equal total popularity (UnKD).

    The teacher's taste for popular items is not passed on, because only items of one group are
    compared. Both items of a pair are drawn with p ~ exp(-rank / temperature) from the user's
    unseen items of the group; a pair of one item and itself is dropped, which makes the others as
    likely as if it were drawn again.

    Args:
        num_groups: Popularity groups G; 1 compares across all items. Published: 2 to 5.
        num_pairs: Pairs drawn per user and batch, shared evenly over the groups, which have
            equally many interactions; what is left over goes to the most popular groups.
            Published: 30.
        temperature: Ranks, within the group, over which the probability of an item falls by 1/e;
            positive. Published: 20.
        pool: Longest list of a user's best unseen items kept per group, in items; memory is
            num_users x num_groups x pool int32. Published: the whole group; at ``temperature`` 20
            the best 100 hold all but 0.7% of the draws.
        cache_mib: What such lists of places in histories may take, in MiB.
        weight: Factor in the sum over the active methods. Published: 1.

    Reference:
        Chen et al., "Unbiased Knowledge Distillation for Recommendation", WSDM 2023.
    """

    def __init__(
        self,
        num_groups: int,
        num_pairs: int,
        temperature: float,
        pool: int,
        cache_mib: float,
        weight: float,
    ):
        super().__init__()
        if num_groups < 1:
            raise ValueError(f"num_groups must be at least 1, got {num_groups}.")
        if num_pairs < num_groups:
            raise ValueError(
                f"num_pairs must be at least num_groups = {num_groups}, got {num_pairs}."
            )
        if not temperature > 0:
            raise ValueError(f"temperature must be positive, got {temperature}.")
        if pool < 2:
            raise ValueError(f"pool must be at least 2, for a pair, got {pool}.")
        self.num_groups, self.num_pairs = num_groups, num_pairs
        self.temperature, self.pool = temperature, pool
        self.cache_mib, self.weight = cache_mib, weight

    @override
    def check(self, train: Interactions) -> None:
        sizes = self._groups(train).bincount(minlength=self.num_groups).tolist()
        if min(sizes) < 2:
            raise ValueError(
                f"num_groups = {self.num_groups} leaves a popularity group with fewer than two "
                f"items (sizes, most popular first: {', '.join(map(str, sizes))}); lower it."
            )

    @override
    @torch.no_grad()
    def prepare(self, context: DistillationContext) -> None:
        train, device = context.train, context.train.item_ids.device
        groups = self._groups(train)
        self._score_rows = context.teacher.score_rows
        self.train_interactions = train
        self.members = [(groups == group).nonzero().squeeze(1) for group in range(self.num_groups)]
        self.group_of_pair = torch.arange(self.num_pairs, device=device) % self.num_groups
        self.draws = context.draws
        if not context.by_place:
            users = Contexts.of_all_users(train.num_users, device)
            blocks = [self._ranked(block) for block in users.split(context.user_block)]
            # No buffers: several processes would send them to each other at every step.
            self.items, self.num_ranked = map(torch.cat, zip(*blocks, strict=True))
        row_bytes = self.num_groups * (4 * self.pool + 8)
        self._kept = KeptByContext(context, self._ranked, row_bytes, self.cache_mib, "unbiased")

    @override
    def refresh(self, student: ScoreRows, epoch: int) -> None:
        pass

    @override
    def loss(self, student: StudentScores) -> Tensor:
        users = student.per_user
        better, worse, is_pair = self._draw(users.contexts)
        scores = users.of_items(torch.cat([better, worse], dim=1))
        losses = order_loss(scores[:, : self.num_pairs], scores[:, self.num_pairs :], is_pair)
        return (users.shares * losses).sum()

    def _groups(self, train: Interactions) -> Tensor:
        popularity = torch.bincount(train.item_ids, minlength=train.num_items)
        return popularity_groups(popularity, self.num_groups)

    def _ranked(self, contexts: Contexts) -> tuple[Tensor, Tensor]:
        """Rank each group for some contexts: (batch, num_groups, pool) int32 items; how many."""
        scores = finite_scores(self._score_rows, contexts)
        scores[self.train_interactions.pairs_of(contexts.user_ids)] = -torch.inf
        shape = (len(contexts), self.num_groups)
        items = torch.zeros(*shape, self.pool, dtype=torch.int32, device=contexts.device)
        num_ranked = torch.zeros(shape, dtype=torch.int64, device=contexts.device)
        for group, members in enumerate(self.members):
            best = scores[:, members].topk(min(self.pool, len(members)), dim=1)
            items[:, group, : best.indices.shape[1]] = members[best.indices].int()
            num_ranked[:, group] = (best.values > -torch.inf).sum(1)
        return items, num_ranked

    def _draw(self, contexts: Contexts) -> tuple[Tensor, Tensor, Tensor]:
        """Draw (batch, num_pairs) better items, worse items, and whether they differ."""
        if contexts.ends is None:
            items, num_ranked, rows = self.items, self.num_ranked, contexts.user_ids
        else:
            items, num_ranked = self._kept(contexts)
            rows = torch.arange(len(contexts), device=contexts.device)
        lists = rows[:, None] * self.num_groups + self.group_of_pair
        quantiles = self.draws.uniform((2, *lists.shape))
        one, other = positions_at(quantiles, num_ranked.view(-1)[lists], self.temperature)
        positions = torch.stack([one.minimum(other), one.maximum(other)])
        better, worse = items.view(-1)[lists * self.pool + positions].long()
        return better, worse, one != other
