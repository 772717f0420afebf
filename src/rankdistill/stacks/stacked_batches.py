"""Epochs of batches of a stack: each job's part is the batch that it would have alone."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from rankdistill.data.batches import PairBatch, UserBatch
from rankdistill.data.interactions import Interactions
from rankdistill.draws.draws import Draws
from rankdistill.histories.contexts import Contexts


class StackedPairs:
    """One pass over all training pairs, in an order of each job's own.

    Args:
        train: Training interactions of one job, on the training device.
        batch_size: Pairs of a job in a batch.
        draws: Source of the orders.
    """

    def __init__(self, train: Interactions, batch_size: int, draws: Draws):
        self.train = train
        self.batch_size = batch_size
        self.draws = draws

    def __len__(self) -> int:
        return math.ceil(self.train.num_interactions / self.batch_size)

    def __iter__(self) -> Iterator[PairBatch]:
        orders = self.draws.orders(self.train.num_interactions)
        weights = self.train.relative_weights
        first_user = _first_users(len(orders), self.train)
        for order in orders.split(self.batch_size, dim=1):
            yield PairBatch(
                Contexts((self.train.user_ids[order] + first_user).flatten()),
                self.train.item_ids[order].flatten(),
                weights=None if weights is None else weights[order].flatten(),
            )


class StackedUsers:
    """One pass over all users that have a training pair, in an order of each job's own.

    Args:
        train: Training interactions of one job, on the training device.
        batch_size: Users of a job in a batch.
        draws: Source of the orders.
    """

    def __init__(self, train: Interactions, batch_size: int, draws: Draws):
        self.train = train
        self.batch_size = batch_size
        self.draws = draws
        self.user_ids = train.counts.nonzero().squeeze(1)

    def __len__(self) -> int:
        return math.ceil(len(self.user_ids) / self.batch_size)

    def __iter__(self) -> Iterator[UserBatch]:
        orders = self.draws.orders(len(self.user_ids))
        weights = self.train.relative_weights
        first_user = _first_users(len(orders), self.train)
        for order in orders.split(self.batch_size, dim=1):
            users = self.user_ids[order]
            rows, positions = self.train.positions_of(users.flatten())
            yield UserBatch(
                Contexts((users + first_user).flatten()),
                rows,
                self.train.item_ids[positions],
                None if weights is None else weights[positions],
            )


def _first_users(jobs: int, train: Interactions) -> torch.Tensor:
    """(jobs, 1) int64, the number of each job's first user."""
    return torch.arange(jobs, device=train.item_ids.device)[:, None] * train.num_users
