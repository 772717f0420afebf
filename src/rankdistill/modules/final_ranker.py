"""The final ranker: the teacher of a cascade."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.cascade.deep_cross import DeepCross
from rankdistill.cascade.examples import ExampleBatch
from rankdistill.modules.impression_ranker import ImpressionRanker


class FinalRanker(ImpressionRanker[DeepCross]):
    """Reads the pair and its features; ``further`` gives the network ``items``."""

    role = "final_ranker"

    def logits(self, batch: ExampleBatch) -> Tensor:
        """See ImpressionRanker: the network takes requests with equally many candidates."""
        rows = batch.rows
        counts = torch.bincount(rows)
        columns = torch.arange(len(rows), device=rows.device) - (counts.cumsum(0) - counts)[rows]
        shape = (len(counts), int(counts.max()))
        item_ids = batch.item_ids.new_zeros(shape)
        pairs = batch.pairs.new_zeros(*shape, batch.pairs.shape[1])
        item_ids[rows, columns], pairs[rows, columns] = batch.item_ids, batch.pairs
        known = self.network.users(batch.users)
        return self.network(known, item_ids, pairs)[rows, columns]
