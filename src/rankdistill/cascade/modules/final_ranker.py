"""The final ranker: the teacher of a cascade."""

from __future__ import annotations

from torch import Tensor
from typing_extensions import override

from rankdistill.cascade.data.examples import ExampleBatch
from rankdistill.cascade.data.features import RequestFeatures
from rankdistill.cascade.modules.impression_ranker import ImpressionRanker
from rankdistill.cascade.networks.deep_cross import DeepCross


class FinalRanker(ImpressionRanker[DeepCross]):
    """Reads a request, an item and the features of the pair; ``further`` holds ``items``."""

    role = "final_ranker"

    @override
    def logits(self, batch: ExampleBatch) -> Tensor:
        assert isinstance(batch.users, RequestFeatures), "a final ranker reads histories"
        known = self.network.users(batch.users)
        logits = self.network(known, batch.grid(batch.item_ids), batch.grid(batch.pairs))
        return batch.ungrid(logits)
