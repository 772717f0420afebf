"""Epochs of windows: every place of every history foretells the items that come next."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from typing_extensions import override

from rankdistill.data.batches import WHOLE, PairBatch, Shard, UserBatch
from rankdistill.data.context_batches import ContextBatches
from rankdistill.data.interactions import Interactions
from rankdistill.draws.draws import Draws
from rankdistill.histories.contexts import Contexts


class WindowBatches(ContextBatches):
    """One pass over all contexts that have an item to read and one to foretell.

    Args:
        train: Training interactions, on the training device.
        batch_size: Contexts in a batch (in this process).
        draws: Source of the order.
        shard: The part of this process.
        targets: Next items that a context foretells; fewer at the end of a history.
    """

    def __init__(
        self,
        train: Interactions,
        batch_size: int,
        draws: Draws,
        shard: Shard = WHOLE,
        *,
        targets: int,
    ):
        super().__init__(train, batch_size, draws, shard)
        self.user_ids = train.user_ids
        self.steps = torch.arange(targets, device=train.item_ids.device)
        places = torch.arange(train.num_interactions, device=train.item_ids.device)
        self.next_places = places[places > train.offsets[train.user_ids]]

    @property
    @override
    def shuffled(self) -> Tensor:
        return self.next_places

    def contexts(self) -> Iterator[tuple[Contexts, Tensor, Tensor]]:
        """Make each batch.

        Yields:
            Contexts, and for each item to foretell (n,) its row in the batch and (n,) its place.
        """
        offsets = self.sequences.offsets
        for places in self.drawn():
            users = self.user_ids[places]
            foretold = places.unsqueeze(1) + self.steps
            rows, steps = (foretold < offsets[users + 1].unsqueeze(1)).nonzero(as_tuple=True)
            yield Contexts(users, places - offsets[users]), rows, foretold[rows, steps]


class WindowPairs(WindowBatches):
    """Pairs of a context and one of its next items, for losses of sampled negatives."""

    def __iter__(self) -> Iterator[PairBatch]:
        for contexts, rows, places in self.contexts():
            items = self.sequences.items[places]
            yield PairBatch(contexts[rows], items, weights=self.weights_at(places))


class WindowRows(WindowBatches):
    """Contexts and all of their next items, for losses of whole rows."""

    def __iter__(self) -> Iterator[UserBatch]:
        for contexts, rows, places in self.contexts():
            yield UserBatch(contexts, rows, self.sequences.items[places], self.weights_at(places))
