"""Epochs of batches, made on the device that the interactions lie on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions
from rankdistill.draws.draws import Draws
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.placement import read_together


class PairBatch(NamedTuple):
    """Training pairs and, once they are drawn, the items to rank below them.

    Attributes:
        contexts: One a pair.
        positive_items: (batch,) int64, the item beside each context.
        compared_items: (batch, 1 + num_negatives) int64, positives first, or None.
        weights: (batch,) how much each pair counts, one in the mean over all pairs; None: one each.
        shared_items: (num_negatives,) int64 that all pairs are compared with, or None.
    """

    contexts: Contexts
    positive_items: Tensor
    compared_items: Tensor | None = None
    weights: Tensor | None = None
    shared_items: Tensor | None = None


class UserBatch(NamedTuple):
    """Contexts, and all positives of each: whole users, as a rule.

    Attributes:
        contexts: One a row.
        positive_rows: (num_positives,) int64, each positive's row in the batch.
        positive_items: (num_positives,) int64, its item.
        weights: (num_positives,) how much it counts, one in the mean over all pairs; None: one
            each.
    """

    contexts: Contexts
    positive_rows: Tensor
    positive_items: Tensor
    weights: Tensor | None = None


class EvaluationBlock(NamedTuple):
    """Users to rank for, with the items to mask and to find as (row in the block, item).

    Attributes:
        contexts: One a user.
        seen_rows: (num_seen,) int64.
        seen_items: (num_seen,) int64.
        held_out_rows: (num_found,) int64.
        held_out_items: (num_found,) int64.
        num_held_out: (block,) int64.
        history: (num_had,) rows and (num_had,) items of users that training never saw, both int64
            and sorted; None where training knows the users.
        sampled_negatives: Each held-out item is ranked among so many sampled items; None: all.
    """

    contexts: Contexts
    seen_rows: Tensor
    seen_items: Tensor
    held_out_rows: Tensor
    held_out_items: Tensor
    num_held_out: Tensor
    history: tuple[Tensor, Tensor] | None = None
    sampled_negatives: int | None = None


class Shard(NamedTuple):
    """The part of an epoch that this process works on."""

    rank: int = 0
    world_size: int = 1


WHOLE = Shard()


class PairBatches:
    """One pass over all training pairs in a new random order at each iteration.

    Args:
        train: Training interactions, on the training device.
        batch_size: Pairs in a batch (in this process); the last batch may be smaller.
        draws: Source of the order, on the same device. Processes of one run need equal seeds.
        shard: Every process gets equally many pairs; a few are repeated where it does not divide.
    """

    def __init__(
        self,
        train: Interactions,
        batch_size: int,
        draws: Draws,
        shard: Shard = WHOLE,
    ):
        self.train = train
        self.batch_size = batch_size
        self.draws = draws
        self.shard = shard

    def __len__(self) -> int:
        share = math.ceil(self.train.num_interactions / self.shard.world_size)
        return math.ceil(share / self.batch_size)

    def __iter__(self) -> Iterator[PairBatch]:
        order = shuffled_share(self.train.num_interactions, self.draws, self.shard)
        users = self.train.user_ids[order].split(self.batch_size)
        items = self.train.item_ids[order].split(self.batch_size)
        weights = self.train.relative_weights
        shares = [None] * len(users) if weights is None else weights[order].split(self.batch_size)
        for user_ids, positive_items, own in zip(users, items, shares, strict=True):
            yield PairBatch(Contexts(user_ids), positive_items, weights=own)


class UserBatches:
    """One pass over all users that have a training pair, in a new random order each time.

    Args:
        train: Training interactions, on the training device.
        batch_size: Users in a batch (in this process).
        draws: Source of the order, on the same device. Processes of one run need equal seeds.
        shard: Every process gets equally many users; a few are repeated where it does not divide.
    """

    def __init__(
        self,
        train: Interactions,
        batch_size: int,
        draws: Draws,
        shard: Shard = WHOLE,
    ):
        self.train = train
        self.batch_size = batch_size
        self.draws = draws
        self.shard = shard
        self.user_ids = train.counts.nonzero().squeeze(1)

    def __len__(self) -> int:
        return math.ceil(math.ceil(len(self.user_ids) / self.shard.world_size) / self.batch_size)

    def __iter__(self) -> Iterator[UserBatch]:
        order = shuffled_share(len(self.user_ids), self.draws, self.shard)
        user_ids = self.user_ids[order]
        ends = self.train.counts[user_ids].cumsum(0).tolist()  # the one wait of an epoch for a GPU
        rows, positions = self.train.positions_of(user_ids, ends[-1] if ends else 0)
        items, weights = self.train.item_ids[positions], self.train.relative_weights
        weights = None if weights is None else weights[positions]
        previous_end = 0
        for first in range(0, len(user_ids), self.batch_size):
            batch = user_ids[first : first + self.batch_size]
            end = ends[first + len(batch) - 1]
            pairs = slice(previous_end, end)
            own = None if weights is None else weights[pairs]
            yield UserBatch(Contexts(batch), rows[pairs] - first, items[pairs], own)
            previous_end = end


class Epoch(Protocol):
    """One pass over what is trained on, in batches."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[PairBatch | UserBatch]: ...


class Strides:
    """An epoch's batches, several at a time: the training loop's own work is done once a stride.

    Args:
        batches: An epoch.
        length: Batches in a stride, at least 1; the last stride may be shorter.
    """

    def __init__(self, batches: Epoch, length: int):
        self.batches = batches
        self.length = length

    def __len__(self) -> int:
        return math.ceil(len(self.batches) / self.length)

    def __iter__(self) -> Iterator[tuple[PairBatch | UserBatch, ...]]:
        batches = iter(self.batches)
        while stride := tuple(islice(batches, self.length)):
            yield stride


class EvaluationBlocks:
    """Users to measure, in blocks that bound the memory of evaluation.

    How many pairs each block has is read from the device once, so that no block waits for a GPU.

    Args:
        seen: Interactions to mask, on the device of evaluation.
        held_out: Interactions to find.
        user_block: Users in a block: the largest tensor has user_block x num_items scores.
        shard: Every user belongs to exactly one process.
        among: (num_users,) bool, the users to evaluate; None: all with a held-out item.
        history: What the users have had, where training never saw them; None where it knows them.
        sampled_negatives: See EvaluationBlock.

    Attributes:
        num_users: How many are measured in this process.
    """

    def __init__(
        self,
        seen: Interactions,
        held_out: Interactions,
        user_block: int,
        shard: Shard = WHOLE,
        among: Tensor | None = None,
        history: Interactions | None = None,
        sampled_negatives: int | None = None,
    ):
        wanted = held_out.counts > 0 if among is None else among
        users = wanted.nonzero().squeeze(1)[shard.rank :: shard.world_size]
        self.blocks = users.split(user_block)
        self.num_users = len(users)
        self.seen = seen
        self.held_out = held_out
        self.history = history
        self.sampled_negatives = sampled_negatives
        parts = [part for part in (seen, held_out, history) if part is not None]
        counts = read_together([part.counts[users] for part in parts])
        self._num_pairs = [
            [int(part.sum()) for part in block]
            for block in zip(*(each.split(user_block) for each in counts), strict=True)
        ]

    def __len__(self) -> int:
        return len(self.blocks)

    def __iter__(self) -> Iterator[EvaluationBlock]:
        for user_ids, (num_seen, num_held_out, *more) in zip(
            self.blocks, self._num_pairs, strict=True
        ):
            yield EvaluationBlock(
                Contexts(user_ids),
                *self.seen.pairs_of(user_ids, num_seen),
                *self.held_out.pairs_of(user_ids, num_held_out),
                self.held_out.counts[user_ids],
                None if self.history is None else self.history.pairs_of(user_ids, *more),
                self.sampled_negatives,
            )


def shuffled_share(size: int, draws: Draws, shard: Shard) -> Tensor:
    """Shuffle 0 .. size - 1; every process gets equally many, some of them repeated."""
    order = draws.order(size)
    if shard.world_size == 1:
        return order
    missing = -size % shard.world_size
    return torch.cat([order, order[:missing]])[shard.rank :: shard.world_size]
