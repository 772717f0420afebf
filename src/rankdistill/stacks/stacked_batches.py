"""Epochs of batches of a stack: each job's part is the batch that it would have alone."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from typing_extensions import override

from rankdistill.data.batches import PairBatch, UserBatch
from rankdistill.data.interactions import Interactions
from rankdistill.draws.draws import Draws
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.placement import read_together


class StackedBatches(ABC):
    """Epochs of batches, each a pass over all that is trained on in an order of each job's own.

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

    @abstractmethod
    def __len__(self) -> int:
        """How many batches an epoch has."""

    @abstractmethod
    def __iter__(self) -> Iterator[PairBatch | UserBatch]:
        """An epoch; what was drawn ahead is used up."""

    def keep(self, positions: Sequence[int]) -> None:
        """Go on with some of the jobs, which are told by where they stand."""
        self.draws = self.draws.of(positions)

    def draw_ahead(self) -> Tensor | None:
        """Draw the next epoch before it begins.

        Returns:
            What has to be read from the device for it and given to ``take_ahead``; None: nothing.
        """
        return None

    def take_ahead(self, read: Tensor) -> None:
        """Take what ``draw_ahead`` returned, read from the device."""
        # Called only after a draw_ahead that returned something, as that of whole users does.
        raise NotImplementedError("Nothing has to be read.")


class StackedPairs(StackedBatches):
    """Passes over all training pairs."""

    @override
    def __len__(self) -> int:
        return math.ceil(self.train.num_interactions / self.batch_size)

    @override
    def __iter__(self) -> Iterator[PairBatch]:
        orders = self.draws.orders(self.train.num_interactions)
        for some in orders.split(self.batch_size * self.batches_at_once, dim=1):
            yield from self._batches(some)

    def _batches(self, orders: Tensor) -> Iterator[PairBatch]:
        """Make some batches together."""
        weights = self.train.relative_weights
        users = self.train.user_ids[orders] + _first_users(len(orders), self.train)
        columns = [users, self.train.item_ids[orders]]
        columns += [] if weights is None else [weights[orders]]
        for parts in zip(*(each.split(self.batch_size, dim=1) for each in columns), strict=True):
            user_ids, items, *own = (part.flatten() for part in parts)
            yield PairBatch(Contexts(user_ids), items, weights=own[0] if own else None)


class StackedUsers(StackedBatches):
    """Passes over all users that have a training pair.

    How many pairs a batch has must be read from the device. An epoch that is drawn ahead leaves
    the moment to the caller, who can read it together with other things.
    """

    def __init__(
        self, train: Interactions, batch_size: int, draws: Draws, batches_at_once: int = 1
    ):
        super().__init__(train, batch_size, draws, batches_at_once)
        self.user_ids = train.counts.nonzero().squeeze(1)
        self._orders: Tensor | None = None
        self._num_pairs: Tensor | None = None

    @override
    def __len__(self) -> int:
        return math.ceil(len(self.user_ids) / self.batch_size)

    @override
    def __iter__(self) -> Iterator[UserBatch]:
        if self._orders is None:
            self.take_ahead(*read_together([self.draw_ahead()]))
        orders, num_pairs = self._orders, self._num_pairs
        assert orders is not None
        assert num_pairs is not None
        self._orders = self._num_pairs = None
        lengths = [int(each) for each in num_pairs.sum(0)]
        users = orders.split(self.batch_size, dim=1)
        for first in range(0, len(self), self.batches_at_once):
            some = slice(first, first + self.batches_at_once)
            yield from self._batches(users[some], lengths[some])

    @override
    def draw_ahead(self) -> Tensor:
        """Draw the next epoch: the pairs of each job in each batch have to be read."""
        self._orders = self.user_ids[self.draws.orders(len(self.user_ids))]
        batches = self.train.counts[self._orders].split(self.batch_size, dim=1)
        return torch.stack([counts.sum(1) for counts in batches], dim=1)

    @override
    def take_ahead(self, read: Tensor) -> None:
        self._num_pairs = read

    @override
    def keep(self, positions: Sequence[int]) -> None:
        super().keep(positions)
        if self._orders is not None and self._num_pairs is not None:
            self._orders, self._num_pairs = self._orders[positions], self._num_pairs[positions]

    def _batches(self, users: Sequence[Tensor], lengths: Sequence[int]) -> Iterator[UserBatch]:
        """Make some batches together: (jobs, batch) users of each, and how many pairs it has."""
        weights = self.train.relative_weights
        together = torch.cat([each.flatten() for each in users])
        rows, positions = self.train.positions_of(together, sum(lengths))
        items = self.train.item_ids[positions]
        own = None if weights is None else weights[positions]
        first_row = first_pair = 0
        for each, length in zip(users, lengths, strict=True):
            pairs = slice(first_pair, first_pair + length)
            yield UserBatch(
                Contexts((each + _first_users(len(each), self.train)).flatten()),
                rows[pairs] - first_row,
                items[pairs],
                None if own is None else own[pairs],
            )
            first_row, first_pair = first_row + each.numel(), first_pair + length


def _first_users(jobs: int, train: Interactions) -> Tensor:
    """(jobs, 1) int64, the number of each job's first user."""
    return torch.arange(jobs, device=train.item_ids.device)[:, None] * train.num_users
