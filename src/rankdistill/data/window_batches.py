"""Epochs of windows: every place of every history foretells the items that come next."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from rankdistill.data.batches import WHOLE, PairBatch, Shard, UserBatch, shuffled_share
from rankdistill.data.interactions import Interactions
from rankdistill.data.item_order import sequences_of
from rankdistill.histories.contexts import Contexts


class WindowBatches:
    """One pass over all contexts that have an item to read and one to foretell, in random order.

    Args:
        train: Training interactions, on the training device.
        batch_size: Contexts in a batch (in this process); the last batch may be smaller.
        generator: Source of the order, on the same device. Processes of one run need equal seeds.
        shard: Every process gets equally many; a few are repeated where it does not divide.
        targets: Next items that a context foretells; fewer at the end of a history.
    """

    def __init__(
        self,
        train: Interactions,
        batch_size: int,
        generator: torch.Generator,
        shard: Shard = WHOLE,
        *,
        targets: int,
    ):
        self.batch_size = batch_size
        self.generator = generator
        self.shard = shard
        self.sequences = sequences_of(train)
        self.user_ids = train.user_ids
        self.steps = torch.arange(targets, device=train.item_ids.device)
        places = torch.arange(train.num_interactions, device=train.item_ids.device)
        self.next_places = places[places > train.offsets[train.user_ids]]

    def __len__(self) -> int:
        share = math.ceil(len(self.next_places) / self.shard.world_size)
        return math.ceil(share / self.batch_size)

    def contexts(self) -> Iterator[tuple[Contexts, Tensor, Tensor]]:
        """Make each batch.

        Yields:
            Contexts, and for each item to foretell (n,) its row in the batch and (n,) the item.
        """
        size, device = len(self.next_places), self.next_places.device
        order = shuffled_share(size, device, self.generator, self.shard)
        offsets, items = self.sequences.offsets, self.sequences.items
        for places in self.next_places[order].split(self.batch_size):
            users = self.user_ids[places]
            foretold = places.unsqueeze(1) + self.steps
            rows, steps = (foretold < offsets[users + 1].unsqueeze(1)).nonzero(as_tuple=True)
            yield Contexts(users, places - offsets[users]), rows, items[foretold[rows, steps]]


class WindowPairs(WindowBatches):
    """Pairs of a context and one of its next items, for losses of sampled negatives."""

    def __iter__(self) -> Iterator[PairBatch]:
        for contexts, rows, items in self.contexts():
            yield PairBatch(contexts[rows], items)


class WindowRows(WindowBatches):
    """Contexts and all of their next items, for losses of whole rows."""

    def __iter__(self) -> Iterator[UserBatch]:
        for contexts, rows, items in self.contexts():
            yield UserBatch(contexts, rows, items)
