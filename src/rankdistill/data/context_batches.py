"""What epochs of places in histories share, be they windows or whole sequences."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator

from torch import Tensor

from rankdistill.data.batches import WHOLE, Shard, shuffled_share
from rankdistill.data.interactions import Interactions
from rankdistill.data.item_order import order_of_items
from rankdistill.draws.draws import Draws
from rankdistill.histories.sequences import Sequences


class ContextBatches(ABC):
    """One pass over what a subclass shuffles, in a new random order each time.

    Args:
        train: Training interactions, on the training device.
        batch_size: What is shuffled, in a batch (in this process); the last batch may be smaller.
        draws: Source of the order, on the same device. Processes of one run need equal seeds.
        shard: Every process gets equally many; a few are repeated where it does not divide.
    """

    def __init__(
        self,
        train: Interactions,
        batch_size: int,
        draws: Draws,
        shard: Shard = WHOLE,
    ):
        self.batch_size = batch_size
        self.draws = draws
        self.shard = shard
        order, weights = order_of_items(train), train.relative_weights
        self.sequences = Sequences(train.offsets, train.item_ids[order], train.num_items)
        self.weights = None if weights is None else weights[order]

    @property
    @abstractmethod
    def shuffled(self) -> Tensor:
        """(n,) int64, what is drawn from, in any order."""

    def __len__(self) -> int:
        share = math.ceil(len(self.shuffled) / self.shard.world_size)
        return math.ceil(share / self.batch_size)

    def drawn(self) -> Iterator[Tensor]:
        """Shuffle, and cut into batches of at most ``batch_size``."""
        all_of_it = self.shuffled
        order = shuffled_share(len(all_of_it), self.draws, self.shard)
        yield from all_of_it[order].split(self.batch_size)

    def weights_at(self, places: Tensor) -> Tensor | None:
        """How much the items at (n,) places of the sequences count, (n,); None: one each."""
        return None if self.weights is None else self.weights[places]
