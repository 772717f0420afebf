"""The final ranker: the teacher of a cascade."""

from __future__ import annotations

from torch import Tensor

from rankdistill.cascade.data.examples import ExampleBatch
from rankdistill.cascade.modules.impression_ranker import ImpressionRanker
from rankdistill.cascade.networks.deep_cross import DeepCross


class FinalRanker(ImpressionRanker[DeepCross]):
    """Reads the pair and its features; ``further`` gives the network ``items``."""

    role = "final_ranker"

    def logits(self, batch: ExampleBatch) -> Tensor:
        """See ImpressionRanker: the network takes requests with equally many candidates."""
        known = self.network.users(batch.users)
        logits = self.network(known, batch.grid(batch.item_ids), batch.grid(batch.pairs))
        return batch.ungrid(logits)
