"""Ranking objectives: which batches a ranking loss needs, and how the loss is fed from them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from rankdistill import losses
from rankdistill.data.batches import PairBatch, PairBatches, UserBatch, UserBatches
from rankdistill.data.interactions import Interactions
from rankdistill.data.sampling import NegativeSampler
from rankdistill.gradients import LossAndGradient, loss_of
from rankdistill.modules.batch_scores import BatchScores

Batch = PairBatch | UserBatch


class Objective(Protocol):
    """A ranking loss together with the batches that it is computed on."""

    batches: type[PairBatches] | type[UserBatches]

    def prepare(self, train: Interactions, generator: torch.Generator) -> None:
        """Once, before fitting, with the training interactions on the training device."""
        ...

    def completed(self, batches: Sequence[Batch]) -> Sequence[Batch]:
        """The batches with what the loss reads beside training pairs, drawn for all at once."""
        ...

    def __call__(self, scores: BatchScores, batch: Batch) -> Tensor:
        """The mean loss of one completed batch, a scalar."""
        ...

    def learn(self, scores: BatchScores, batch: Batch, factor: float) -> Tensor:
        """The same in a training step, see BatchScores.learn_items."""
        ...


class SampledObjective(ABC):
    """A loss of observed pairs against sampled negatives; ``loss`` says which.

    Args:
        num_negatives: Negatives drawn per positive.
        negatives: Where they come from.
    """

    batches = PairBatches

    def __init__(self, num_negatives: int, negatives: NegativeSampler):
        if num_negatives < 1:
            raise ValueError(f"num_negatives must be at least 1, got {num_negatives}.")
        self.num_negatives = num_negatives
        self.negatives = negatives

    @staticmethod
    @abstractmethod
    def loss(scores: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, 1 + num_negatives) scores, each row's positive first, to loss and gradient."""

    def prepare(self, train: Interactions, generator: torch.Generator) -> None:
        """See Objective."""
        self.negatives.prepare(train)
        self.generator = generator

    def completed(self, batches: Sequence[Batch]) -> Sequence[Batch]:
        """See Objective: with negatives."""
        user_ids = torch.cat([batch.user_ids for batch in batches])
        positives = torch.cat([batch.positive_items for batch in batches])
        drawn = self.negatives.draw(user_ids, self.num_negatives, self.generator)
        compared = torch.cat([positives[:, None], drawn], dim=1)
        parts = compared.split([len(batch.user_ids) for batch in batches])
        return [
            PairBatch(batch.user_ids, batch.positive_items, part)
            for batch, part in zip(batches, parts, strict=True)
        ]

    def __call__(self, scores: BatchScores, batch: Batch) -> Tensor:
        """See Objective."""
        assert isinstance(batch, PairBatch)
        assert batch.compared_items is not None
        return scores.loss_of_items(batch.compared_items, self.loss)

    def learn(self, scores: BatchScores, batch: Batch, factor: float) -> Tensor:
        """See Objective."""
        assert isinstance(batch, PairBatch)
        assert batch.compared_items is not None
        return scores.learn_items(batch.compared_items, self.loss, factor)


class Pointwise(SampledObjective):
    """Binary log loss, see ``losses.pointwise``."""

    loss = staticmethod(losses.pointwise)


class Bpr(SampledObjective):
    """Bayesian personalised ranking, see ``losses.bpr``."""

    loss = staticmethod(losses.bpr)


class Softmax:
    """Cross-entropy over the whole catalogue, see ``losses.softmax``."""

    batches = UserBatches

    def prepare(self, train: Interactions, generator: torch.Generator) -> None:
        """See Objective."""

    def completed(self, batches: Sequence[Batch]) -> Sequence[Batch]:
        """See Objective: as they are."""
        return batches

    def __call__(self, scores: BatchScores, batch: Batch) -> Tensor:
        """See Objective."""
        return loss_of(scores.rows(), self._loss(batch))

    def learn(self, scores: BatchScores, batch: Batch, factor: float) -> Tensor:
        """See Objective."""
        return scores.learn_rows(self._loss(batch), factor)

    def _loss(self, batch: Batch) -> LossAndGradient:
        assert isinstance(batch, UserBatch)
        positives = {
            "positive_rows": batch.positive_rows,
            "positive_items": batch.positive_items,
        }
        return partial(losses.softmax, **positives)
