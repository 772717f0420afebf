"""Epochs of whole sequences: every item of a user is foretold by those before it."""

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
from rankdistill.kernels.ragged_rows import entries_of_rows


class SequenceBatches(ContextBatches):
    """One pass over the sequences of all users who have one; see ContextBatches.

    Args:
        train: Training interactions, on the training device.
        batch_size: Users in a batch (in this process).
        draws: Source of the order.
        shard: The part of this process.
        length: Items of a user that are foretold: the last ones.
    """

    def __init__(
        self,
        train: Interactions,
        batch_size: int,
        draws: Draws,
        shard: Shard = WHOLE,
        *,
        length: int,
    ):
        super().__init__(train, batch_size, draws, shard)
        self.user_ids = (train.counts > 1).nonzero().squeeze(1)
        firsts = train.offsets[:-1] + (train.counts - length).clamp_min(1)
        self.bounds = torch.stack([firsts, train.offsets[1:]], dim=1).view(-1)

    @property
    @override
    def shuffled(self) -> Tensor:
        return self.user_ids

    def contexts(self) -> Iterator[tuple[Contexts, Tensor]]:
        """Make the contexts of each batch, and the place of the item that comes next in each."""
        for users in self.drawn():
            rows, places = entries_of_rows(self.bounds, 2 * users)
            owners = users[rows]
            yield Contexts(owners, places - self.sequences.offsets[owners]), places


class SequencePairs(SequenceBatches):
    """Sequences as pairs of a context and the next item, for losses of sampled negatives."""

    def __iter__(self) -> Iterator[PairBatch]:
        for contexts, places in self.contexts():
            items = self.sequences.items[places]
            yield PairBatch(contexts, items, weights=self.weights_at(places))


class SequenceRows(SequenceBatches):
    """Sequences as contexts with one positive each, for losses of whole rows."""

    def __iter__(self) -> Iterator[UserBatch]:
        for contexts, places in self.contexts():
            rows = torch.arange(len(places), device=places.device)
            yield UserBatch(contexts, rows, self.sequences.items[places], self.weights_at(places))
