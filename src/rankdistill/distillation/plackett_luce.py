"""Relaxed ranking distillation: the teacher's head in its order, above everything else."""

from __future__ import annotations

import torch
from torch import Tensor
from typing_extensions import override

from rankdistill.data.interactions import Interactions
from rankdistill.data.sampling import UnseenItems
from rankdistill.data.seen_items import SeenItems
from rankdistill.distillation.context_lists import ContextLists
from rankdistill.distillation.interface import (
    DistillationContext,
    DistillationMethod,
    ScoreRows,
    StudentScores,
)
from rankdistill.distillation.item_side import ItemSide
from rankdistill.distillation.rank_sampling import decaying_log_weights, draw_positions
from rankdistill.distillation.teacher_ranking import (
    best_items,
    check_rankable,
    cut_length,
    longest_taught,
    unseen_places,
)
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.normalizers import normalizers_and_scores
from rankdistill.kernels.suffix_sums import suffix_log_sum_exp

HEADS = ("top", "sampled")
TAILS = ("row", "sampled")


def relaxed_plackett_luce(ranked_scores: Tensor, tail_logsumexp: Tensor) -> Tensor:
    """Negative log likelihood of a ranking whose tail has no order of its own.

    Args:
        ranked_scores: (batch, K) the student's scores of the ranked items, best first.
        tail_logsumexp: (batch,) log sum exp of its scores of all items below them.

    Returns:
        (batch,) mean over k = 1..K of log(sum_{i >= k} exp s(pi_i) + sum_tail exp s) - s(pi_k).

    Raises:
        ValueError: If the shapes do not fit.

    Reference:
        Kang et al., "DE-RRD: A Knowledge Distillation Framework for Recommender System", CIKM
        2020. The published loss is a sum over K and users: its weight of 1e-3 at K = 40 is 0.04
        here per user of the batch.
    """
    if ranked_scores.dim() != 2 or tail_logsumexp.shape != ranked_scores.shape[:1]:
        raise ValueError(
            f"expected (batch, K) and (batch,), got {tuple(ranked_scores.shape)} and "
            f"{tuple(tail_logsumexp.shape)}."
        )
    normalizers = suffix_log_sum_exp(ranked_scores, tail_logsumexp)
    return (normalizers - ranked_scores).mean(1)


def ranked_above_rest(users: StudentScores, ranked: Tensor, seen: SeenItems) -> Tensor:
    """The mean loss of a batch whose rankings stand above every other unseen item.

    Args:
        users: The student's view of a batch with one row per user.
        ranked: (batch, K) the ranked items, best first.
        seen: What users have seen, which is in no ranking.

    Returns:
        A scalar, with each row's share.
    """
    left_out = seen.shift(users.contexts.user_ids).scatter_(1, ranked, -torch.inf)
    rows = torch.arange(len(ranked), device=ranked.device)[:, None]
    tails, scores = normalizers_and_scores(users.rows(), rows, ranked, left_out)
    return (users.shares * relaxed_plackett_luce(scores, tails)).sum()


class PlackettLuce(DistillationMethod):
    """The relaxed ranking loss (RRD), and with ``item_side`` its transposed twin (IR-RRD).

    Args:
        top_k: Length K of the ranked head, in items. Published: 40.
        head: ``top``, the teacher's K best unseen items, or ``sampled``, K of its best ``pool``
            drawn anew for every batch with p ~ exp(-rank / temperature) and kept in its order.
            Published: sampled; its authors later found the top better.
        tail: ``row``, every other unseen item, or ``sampled``, ``num_tail`` unseen items from
            outside the pool. Published: sampled.
        pool: Length of the teacher's ranking that a sampled head is drawn from and a sampled tail
            keeps out of, in items. Published: 500.
        temperature: Of the sampled head, in ranks. Published: 10.
        num_tail: Items of a sampled tail. Published: 40.
        item_side: Rank the users of an item as well; heads and tails are then of users.
        item_weight: Factor of the item side's loss. Published: as the user side's.
        items_per_batch: Items drawn per batch for the item side.
        cache_mib: What the teacher's lists of places in histories may take, in MiB.
        weight: Factor in the sum over the active methods.

    Reference:
        Kang et al., CIKM 2020; item side: Kang et al., "Item-side Ranking Regularized
        Distillation for Recommender System", Information Sciences 2021.
    """

    teacher_items: Tensor

    def __init__(
        self,
        top_k: int,
        head: str,
        tail: str,
        pool: int,
        temperature: float,
        num_tail: int,
        item_side: bool,
        item_weight: float,
        items_per_batch: int,
        cache_mib: float,
        weight: float,
    ):
        super().__init__()
        for name, value, known in (("head", head, HEADS), ("tail", tail, TAILS)):
            if value not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}.")
        for name, value in (("top_k", top_k), ("num_tail", num_tail)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}.")
        self.top_k, self.head, self.tail = top_k, head, tail
        self.reads_rows = tail == "row"
        self.num_tail, self.cache_mib, self.weight = num_tail, cache_mib, weight
        self.reads_pool = "sampled" in (head, tail)
        self.pool = pool if self.reads_pool else top_k
        if self.pool < top_k:
            raise ValueError(f"pool must be at least top_k = {top_k}, got {pool}.")
        self.log_weights = decaying_log_weights(self.pool, temperature)
        self.item_weight = item_weight
        self.needs_all_scores = item_side
        self.stacks = None if item_side else "users"
        self.item_side: ItemSide | None = None
        if item_side:
            twin = PlackettLuce(
                top_k,
                head,
                tail,
                pool,
                temperature,
                num_tail,
                item_side=False,
                item_weight=item_weight,
                items_per_batch=items_per_batch,
                cache_mib=cache_mib,
                weight=weight,
            )
            self.item_side = ItemSide(twin, items_per_batch)

    @override
    def check(self, train: Interactions) -> None:
        check_rankable(train, 1 + self._items_of_tail)
        if self.item_side is not None:
            self.item_side.check(train)

    @override
    def prepare(self, context: DistillationContext) -> None:
        train = context.train
        self._cut(context)
        self._lists = ContextLists(context, self.pool, True, self.cache_mib, "plackett_luce")
        self.log_weights = self.log_weights[: self.pool].to(train.item_ids.device)
        self.seen, self.draws = SeenItems(train), context.draws
        if self.tail == "sampled":
            self.unseen = UnseenItems(train)
        if not context.by_place:
            items = best_items(context.teacher.score_rows, train, self.pool, context.user_block)
            self.register_buffer("teacher_items", items, persistent=False)
            self._prepare_tails(train, items)
        if self.item_side is not None:
            self.item_side.prepare(context)

    @override
    def refresh(self, student: ScoreRows, epoch: int) -> None:
        pass

    @override
    def loss(self, student: StudentScores) -> Tensor:
        users = student.per_user
        pool = self._pool(users.contexts)
        ranked = self._head(pool)
        if self.tail == "row":
            loss = ranked_above_rest(users, ranked, self.seen)
        else:
            loss = self._above_few(users, ranked, pool)
        if self.item_side is None:
            return loss
        return loss + self.item_weight * self.item_side.loss(student)

    def _prepare_tails(self, train: Interactions, items: Tensor) -> None:
        """Find what a sampled tail of each user is drawn from: neither seen nor in the pool."""
        if self.tail != "sampled":
            return
        users = torch.arange(train.num_users, device=items.device)
        unseen = unseen_places(train, users, self.pool)
        pool = Interactions.from_pairs(
            unseen.nonzero()[:, 0], items[unseen], train.num_users, train.num_items
        )
        seen_or_pool = train.union(pool)
        self.outside = UnseenItems(seen_or_pool)
        self.without_tail = seen_or_pool.counts == train.num_items

    @property
    def _items_of_tail(self) -> int:
        """Unseen items that a list must leave over."""
        return 1 if self.tail == "sampled" else 0

    def _cut(self, context: DistillationContext) -> None:
        """Cut the lists to what users have not seen and the teacher ranks."""
        longest = longest_taught(context, left_over=self._items_of_tail)
        self.top_k = cut_length("top_k", self.top_k, longest)
        self.pool = cut_length("pool", self.pool, longest) if self.reads_pool else self.top_k
        self.list_length = self.pool

    def _pool(self, contexts: Contexts) -> Tensor:
        """(batch, pool) the teacher's best unseen items for each context."""
        if contexts.ends is not None:
            return self._lists(contexts)
        return self.teacher_items[contexts.user_ids]

    def _head(self, items: Tensor) -> Tensor:
        if self.head == "top":
            return items[:, : self.top_k]
        weights = self.log_weights.expand(len(items), -1)
        positions = draw_positions(weights, self.top_k, self.draws).sort(dim=1).values
        return items.gather(1, positions)

    def _above_few(self, users: StudentScores, ranked: Tensor, pool: Tensor) -> Tensor:
        """The head above some unseen items from outside the pool."""
        items, left_out = self._tail(users.contexts, pool)
        scores = users.of_items(torch.cat([ranked, items], dim=1))
        head, tail = scores.split([self.top_k, self.num_tail], dim=1)
        tails = tail.masked_fill(left_out, -torch.inf).logsumexp(1)
        return (users.shares * relaxed_plackett_luce(head, tails)).sum()

    def _tail(self, contexts: Contexts, pool: Tensor) -> tuple[Tensor, Tensor]:
        """Draw (batch, num_tail) unseen items, and tell by bool of the same shape who is left out.

        For users the pool is known before the draw. For places in histories it is not, and what is
        drawn of it is left out.
        """
        user_ids = contexts.user_ids
        if contexts.ends is None:
            items = self.outside.draw(user_ids, self.num_tail, self.draws)
            return items, self.without_tail[user_ids, None].expand_as(items)
        items = self.unseen.draw(user_ids, self.num_tail, self.draws)
        in_order = pool.sort(dim=1).values
        places = torch.searchsorted(in_order, items).clamp_max(pool.shape[1] - 1)
        return items, in_order.gather(1, places) == items
