"""Negative items, drawn in bulk on the device of the interactions from draws that are given."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor
from typing_extensions import override

from rankdistill.data.interactions import Interactions
from rankdistill.draws.draws import Draws
from rankdistill.kernels.gathering import gather_rows


class NegativeSampler(Protocol):
    """Draws items to rank below a user's positive ones."""

    exclude_positives: bool
    """Whether ``draw`` leaves out what a user has had."""

    def prepare(self, train: Interactions) -> None:
        """Read the training interactions once, on the training device."""
        ...

    def draw(self, user_ids: Tensor, num_negatives: int, draws: Draws) -> Tensor:
        """Draw (batch, num_negatives) item ids for (batch,) user ids, both int64."""
        ...

    def draw_shared(self, num_rows: int, num_negatives: int, draws: Draws) -> Tensor:
        """Draw (num_rows, num_negatives) item ids, int64, whatever anybody has had."""
        ...

    def log_shares(self, item_ids: Tensor, user_ids: Tensor | None = None) -> Tensor:
        """The logarithm of the probability that one draw gives an item.

        Args:
            item_ids: (batch, n) int64 that ``draw`` gave, or any shape that ``draw_shared`` gave.
            user_ids: (batch,) int64, whom they were drawn for; None: they are shared.

        Returns:
            float32 of the shape of ``item_ids``.
        """
        ...


class UniformNegatives(NegativeSampler):
    """Draws every item of the catalogue with equal probability.

    Args:
        exclude_positives: Draw only items that the user has no training interaction with. This
            needs one look-up or binary search, and no rejection.
    """

    def __init__(self, exclude_positives: bool):
        self.exclude_positives = exclude_positives

    @override
    def prepare(self, train: Interactions) -> None:
        self.num_items = train.num_items
        self.unseen = UnseenItems(train) if self.exclude_positives else None

    @override
    def draw(self, user_ids: Tensor, num_negatives: int, draws: Draws) -> Tensor:
        if self.unseen is not None:
            return self.unseen.draw(user_ids, num_negatives, draws)
        return self.draw_shared(len(user_ids), num_negatives, draws)

    @override
    def draw_shared(self, num_rows: int, num_negatives: int, draws: Draws) -> Tensor:
        return draws.integers(self.num_items, (num_rows, num_negatives))

    @override
    def log_shares(self, item_ids: Tensor, user_ids: Tensor | None = None) -> Tensor:
        if self.unseen is None or user_ids is None:
            return torch.full(item_ids.shape, -math.log(self.num_items), device=item_ids.device)
        num_unseen = self.unseen.num_unseen.index_select(0, user_ids)
        return -num_unseen.log()[:, None].expand(item_ids.shape)


class PopularityNegatives(NegativeSampler):
    """Draws items in proportion to a power of their number of training interactions.

    Args:
        power: 1 follows popularity, 0 is uniform over the items that occur in training.
        exclude_positives: Draw again where the user has the item. An item that the user has after
            ``ROUNDS`` draws is replaced by a uniform unseen one.
    """

    ROUNDS = 4

    def __init__(self, power: float, exclude_positives: bool):
        if power < 0:
            raise ValueError(f"power must not be negative, got {power}.")
        self.power = power
        self.exclude_positives = exclude_positives

    @override
    def prepare(self, train: Interactions) -> None:
        counts = torch.bincount(train.item_ids, minlength=train.num_items).double()
        weights = torch.where(counts > 0, counts.pow(self.power), 0.0)
        cumulative = weights.cumsum(0)
        self.cumulative = cumulative / cumulative[-1]
        self.shares = weights / cumulative[-1]
        self.unseen = UnseenItems(train) if self.exclude_positives else None
        seen_shares = self.shares.new_zeros(train.num_users)
        self.seen_shares = seen_shares.index_add_(0, train.user_ids, self.shares[train.item_ids])

    @override
    def draw(self, user_ids: Tensor, num_negatives: int, draws: Draws) -> Tensor:
        shape = (len(user_ids), num_negatives)
        items = self.draw_shared(*shape, draws)
        if self.unseen is None:
            return items
        for _ in range(self.ROUNDS - 1):
            redrawn = self.draw_shared(*shape, draws)
            items = torch.where(self.unseen.is_seen(user_ids, items), redrawn, items)
        fallback = self.unseen.draw(user_ids, num_negatives, draws)
        return torch.where(self.unseen.is_seen(user_ids, items), fallback, items)

    @override
    def draw_shared(self, num_rows: int, num_negatives: int, draws: Draws) -> Tensor:
        uniform = draws.uniform((num_rows, num_negatives), dtype=torch.float64)
        found = torch.searchsorted(self.cumulative, uniform, right=True)
        return found.clamp_max(len(self.cumulative) - 1)

    @override
    def log_shares(self, item_ids: Tensor, user_ids: Tensor | None = None) -> Tensor:
        shares = gather_rows(self.shares, item_ids)
        if self.unseen is not None and user_ids is not None:
            shares = self._shares_of_unseen(shares, self.unseen, user_ids)
        return shares.log().float()

    def _shares_of_unseen(self, shares: Tensor, unseen: UnseenItems, user_ids: Tensor) -> Tensor:
        """Count in the rounds in which an item may be drawn, and the uniform draw behind them."""
        seen = self.seen_shares.index_select(0, user_ids)[:, None]
        rounds = sum(seen**drawn_again for drawn_again in range(self.ROUNDS))
        num_unseen = unseen.num_unseen.index_select(0, user_ids)[:, None]
        return shares * rounds + seen**self.ROUNDS / num_unseen


class UnseenItems:
    """The items that each user has not seen, in ascending order.

    They are listed where users x items is small. Elsewhere they are found by a search. A user's
    sorted items p_0 < p_1 < ... leave p_j - j unseen items below p_j, so the r-th unseen item is
    r plus the number of j with p_j - j <= r. One binary search over (user, p_j - j) counts them.

    Args:
        seen: What users have seen. A user who has seen the whole catalogue gets its last item.
    """

    LISTED = 2**25
    """Users x items up to which the complement is listed, in four bytes an item: 128 MiB."""

    def __init__(self, seen: Interactions):
        self.num_items = seen.num_items
        self.num_unseen = (seen.num_items - seen.counts).clamp_min(1)
        self.keys = seen.keys
        if seen.num_users * seen.num_items <= self.LISTED:
            self.listed = _complement(seen)
            self.first_listed = self.num_unseen.cumsum(0) - self.num_unseen
            return
        self.listed = None
        self.starts = seen.offsets[:-1]
        self.stride = seen.num_items + 1
        position = torch.arange(seen.num_interactions, device=seen.item_ids.device)
        unseen_below = seen.item_ids - (position - self.starts[seen.user_ids])
        self.unseen_below_keys = seen.user_ids * self.stride + unseen_below

    def draw(self, user_ids: Tensor, num_draws: int, draws: Draws) -> Tensor:
        """Draw (batch, num_draws) unseen items for (batch,) users, uniformly, with replacement."""
        uniform = draws.uniform((len(user_ids), num_draws))
        num_unseen = self.num_unseen.index_select(0, user_ids)[:, None]
        order = (uniform * num_unseen).long().minimum(num_unseen - 1)
        if self.listed is not None:
            order += self.first_listed.index_select(0, user_ids)[:, None]
            return self.listed.index_select(0, order.view(-1)).long().view(order.shape)
        wanted = user_ids[:, None] * self.stride + order
        found = torch.searchsorted(self.unseen_below_keys, wanted, right=True)
        items = order + found - self.starts[user_ids, None]
        return items.clamp_max(self.num_items - 1)

    def is_seen(self, user_ids: Tensor, item_ids: Tensor) -> Tensor:
        """Tell which of (batch, n) items each of (batch,) users has seen, as (batch, n) bool."""
        wanted = user_ids[:, None] * self.num_items + item_ids
        found = torch.searchsorted(self.keys, wanted).clamp_max(len(self.keys) - 1)
        return self.keys[found] == wanted


def _complement(seen: Interactions, cells_at_once: int = 2**22) -> Tensor:
    """List every user's unseen items, one user after the other, int32; the last item for none."""
    users = torch.arange(seen.num_users, device=seen.item_ids.device)
    parts = []
    for block in users.split(max(1, cells_at_once // seen.num_items)):
        unseen = torch.ones(len(block), seen.num_items, dtype=torch.bool, device=block.device)
        unseen[seen.pairs_of(block)] = False
        unseen[:, -1] |= seen.counts[block] == seen.num_items
        parts.append(unseen.nonzero()[:, 1].int())
    return torch.cat(parts)
