"""Epochs of whole sequences: every item of a user is foretold by those before it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from rankdistill.data.batches import WHOLE, PairBatch, Shard, UserBatch, shuffled_share
from rankdistill.data.interactions import Interactions
from rankdistill.data.item_order import sequences_of
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.ragged_rows import entries_of_rows


class SequenceBatches:
    """One pass over the sequences of all users, in a new random order each time.

    Args:
        train: Training interactions, on the training device.
        batch_size: Users in a batch (in this process).
        generator: Source of the order, on the same device. Processes of one run need equal seeds.
        shard: Every process gets equally many users; a few are repeated where it does not divide.
        length: Items of a user that are foretold: the last ones.
    """

    def __init__(
        self,
        train: Interactions,
        batch_size: int,
        generator: torch.Generator,
        shard: Shard = WHOLE,
        *,
        length: int,
    ):
        self.batch_size = batch_size
        self.generator = generator
        self.shard = shard
        self.sequences = sequences_of(train)
        counts = train.counts
        self.user_ids = (counts > 1).nonzero().squeeze(1)
        firsts = train.offsets[:-1] + (counts - length).clamp_min(1)
        bounds = torch.stack([firsts, train.offsets[1:]], dim=1)[self.user_ids]
        self.foretold = bounds.view(-1)

    def __len__(self) -> int:
        return math.ceil(math.ceil(len(self.user_ids) / self.shard.world_size) / self.batch_size)

    def contexts(self) -> Iterator[tuple[Contexts, Tensor]]:
        """Make the contexts of each batch, and the item that comes next in each."""
        order = shuffled_share(len(self.user_ids), self.user_ids.device, self.generator, self.shard)
        for rows in order.split(self.batch_size):
            users = self.user_ids[rows]
            batch, entries = entries_of_rows(self.foretold, 2 * rows)
            owners = users[batch]
            ends = entries - self.sequences.offsets[owners]
            yield Contexts(owners, ends), self.sequences.items[entries]


class SequencePairs(SequenceBatches):
    """Sequences as pairs of a context and the next item, for losses of sampled negatives."""

    def __iter__(self) -> Iterator[PairBatch]:
        for contexts, items in self.contexts():
            yield PairBatch(contexts, items)


class SequenceRows(SequenceBatches):
    """Sequences as contexts with one positive each, for losses of whole rows."""

    def __iter__(self) -> Iterator[UserBatch]:
        for contexts, items in self.contexts():
            rows = torch.arange(len(items), device=items.device)
            yield UserBatch(contexts, rows, items)
