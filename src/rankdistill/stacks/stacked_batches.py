"""Epochs of batches of a stack: each job's part is the batch that it would have alone."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from rankdistill.data.batches import PairBatch, UserBatch
from rankdistill.data.interactions import Interactions
from rankdistill.draws.draws import Draws
from rankdistill.histories.contexts import Contexts


class _StackedBatches:
    """What an epoch of batches is made from.

    Args:
        train: Training interactions of one job, on the training device.
        batch_size: Pairs or users of a job in a batch.
        draws: Source of the orders.
        batches_at_once: Batches that are made together.
    """

    def __init__(
        self,
        train: Interactions,
        batch_size: int,
        draws: Draws,
        batches_at_once: int = 1,
    ):
        self.train = train
        self.batch_size = batch_size
        self.draws = draws
        self.batches_at_once = batches_at_once


class StackedPairs(_StackedBatches):
    """One pass over all training pairs, in an order of each job's own."""

    def __len__(self) -> int:
        return math.ceil(self.train.num_interactions / self.batch_size)

    def __iter__(self) -> Iterator[PairBatch]:
        orders = self.draws.orders(self.train.num_interactions)
        for some in orders.split(self.batch_size * self.batches_at_once, dim=1):
            yield from self._batches(some)

    def _batches(self, orders: torch.Tensor) -> Iterator[PairBatch]:
        """Make some batches together."""
        weights = self.train.relative_weights
        users = self.train.user_ids[orders] + _first_users(len(orders), self.train)
        columns = [users, self.train.item_ids[orders]]
        columns += [] if weights is None else [weights[orders]]
        for parts in zip(*(each.split(self.batch_size, dim=1) for each in columns), strict=True):
            user_ids, items, *own = (part.flatten() for part in parts)
            yield PairBatch(Contexts(user_ids), items, weights=own[0] if own else None)


class StackedUsers(_StackedBatches):
    """One pass over all users that have a training pair, in an order of each job's own."""

    def __init__(
        self, train: Interactions, batch_size: int, draws: Draws, batches_at_once: int = 1
    ):
        super().__init__(train, batch_size, draws, batches_at_once)
        self.user_ids = train.counts.nonzero().squeeze(1)

    def __len__(self) -> int:
        return math.ceil(len(self.user_ids) / self.batch_size)

    def __iter__(self) -> Iterator[UserBatch]:
        orders = self.draws.orders(len(self.user_ids))
        for some in orders.split(self.batch_size * self.batches_at_once, dim=1):
            yield from self._batches(some)

    def _batches(self, orders: torch.Tensor) -> Iterator[UserBatch]:
        """Make some batches together: how many pairs each has is read from the device once."""
        weights = self.train.relative_weights
        first_user = _first_users(len(orders), self.train)
        users = [self.user_ids[order] for order in orders.split(self.batch_size, dim=1)]
        together = torch.cat([each.flatten() for each in users])
        rows, positions = self.train.positions_of(together)
        items = self.train.item_ids[positions]
        own = None if weights is None else weights[positions]
        ends = self.train.counts[together].cumsum(0)
        lasts = torch.tensor([each.numel() for each in users], device=ends.device).cumsum(0) - 1
        first_row = first_pair = 0
        for each, end in zip(users, ends[lasts].tolist(), strict=True):
            pairs = slice(first_pair, end)
            yield UserBatch(
                Contexts((each + first_user).flatten()),
                rows[pairs] - first_row,
                items[pairs],
                None if own is None else own[pairs],
            )
            first_row, first_pair = first_row + each.numel(), end


def _first_users(jobs: int, train: Interactions) -> torch.Tensor:
    """(jobs, 1) int64, the number of each job's first user."""
    return torch.arange(jobs, device=train.item_ids.device)[:, None] * train.num_users
