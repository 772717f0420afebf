"""The final ranker: the teacher of a cascade."""

from __future__ import annotations

from torch import Tensor

from rankdistill.cascade.examples import ExampleBatch
from rankdistill.modules.impression_ranker import ImpressionRanker


class FinalRanker(ImpressionRanker):
    """Reads the pair and its features; ``further`` gives the network ``items``."""

    role = "final_ranker"

    def logits(self, batch: ExampleBatch) -> Tensor:
        """See ImpressionRanker."""
        known = self.network.users(batch.users)
        return self.network(known, batch.rows, batch.item_ids, batch.pairs)
