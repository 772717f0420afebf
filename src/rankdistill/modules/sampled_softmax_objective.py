"""The sampled softmax as an objective: what it draws, and what is not compared."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from typing_extensions import override

from rankdistill.data.batches import PairBatch
from rankdistill.data.interactions import Interactions
from rankdistill.data.sampling import NegativeSampler
from rankdistill.data.seen_items import seen_among
from rankdistill.draws.draws import Draws
from rankdistill.losses.sampled_softmax import sampled_softmax
from rankdistill.modules.batch_scores import BatchScores
from rankdistill.modules.objectives import Batch, SampledObjective


class SampledSoftmax(SampledObjective):
    """Cross-entropy over a sample of the catalogue, see ``losses.sampled_softmax``.

    Negatives that are the positive are dropped, and so are shared ones that the user has had where
    the proposals leave these out.

    Args:
        num_negatives: Negatives drawn per positive, or per batch where they are shared.
        negatives: Where they come from.
        shared: Draw negatives once for all pairs of a batch, whose scores are then one product of
            matrices.
        corrected: Subtract the logarithm of how often a negative is expected to be drawn, so that
            the sum over the sample estimates that over the catalogue. False: the loss is the
            cross-entropy of the positive among the sample, and a positive that leads a sample
            moves little more.
    """

    fold_in = "softmax"

    def __init__(
        self, num_negatives: int, negatives: NegativeSampler, shared: bool, corrected: bool
    ):
        super().__init__(num_negatives, negatives)
        self.shared, self.corrected = shared, corrected

    @override
    def prepare(self, train: Interactions, draws: Draws) -> None:
        super().prepare(train, draws)
        self.train = train

    @override
    def completed(self, batches: Sequence[Batch]) -> Sequence[Batch]:
        if not self.shared:
            return super().completed(batches)
        drawn = self.negatives.draw_shared(len(batches), self.num_negatives, self.draws)
        pairs = [batch for batch in batches if isinstance(batch, PairBatch)]
        return [
            batch._replace(shared_items=items) for batch, items in zip(pairs, drawn, strict=True)
        ]

    @override
    def __call__(self, scores: BatchScores, batch: Batch) -> Tensor:
        assert isinstance(batch, PairBatch)
        positives, users = batch.positive_items, batch.contexts.user_ids
        if batch.shared_items is not None:
            items = batch.shared_items
            of_items = scores.of_own_and_shared(positives, items)
            log_shares = self.negatives.log_shares(items)
            dropped = items == positives[:, None]
            if self.negatives.exclude_positives:
                dropped |= seen_among(self.train, users, items)
        else:
            assert batch.compared_items is not None
            items = batch.compared_items[:, 1:]
            of_items = scores.of_items(batch.compared_items)
            log_shares = self.negatives.log_shares(items, users)
            dropped = items == positives[:, None]
        log_counts = log_shares + math.log(self.num_negatives)
        if not self.corrected:
            log_counts = torch.zeros_like(log_counts)
        return sampled_softmax(of_items, log_counts, dropped, batch.weights)
