"""Ranking objectives: which batches a ranking loss needs, and how the loss is fed from them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor
from typing_extensions import override

from rankdistill.data.batches import PairBatch, PairBatches, UserBatch, UserBatches
from rankdistill.data.interactions import Interactions
from rankdistill.data.sampling import NegativeSampler
from rankdistill.draws.draws import Draws
from rankdistill.losses.bpr import bpr
from rankdistill.losses.gbce import base_score, gbce, positive_power
from rankdistill.losses.pointwise import pointwise
from rankdistill.losses.softmax import softmax, softmax_of_products
from rankdistill.modules.batch_scores import BatchScores

Batch = PairBatch | UserBatch


class Objective(Protocol):
    """A ranking loss together with the batches that it is computed on."""

    batches: type[PairBatches] | type[UserBatches]
    fold_in: str
    """The loss by which a factorisation fits new users, one of ``kernels.fold_in.LOSSES``."""

    def prepare(self, train: Interactions, draws: Draws) -> None:
        """Once, before fitting, with the training interactions on the training device."""
        ...

    def completed(self, batches: Sequence[Batch]) -> Sequence[Batch]:
        """The batches with what the loss reads beside training pairs, drawn for all at once."""
        ...

    def __call__(self, scores: BatchScores, batch: Batch) -> Tensor:
        """The mean loss of one completed batch, a scalar."""
        ...


class SampledObjective(Objective):
    """A loss of observed pairs against sampled negatives.

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

    @override
    def prepare(self, train: Interactions, draws: Draws) -> None:
        self.negatives.prepare(train)
        self.draws = draws

    @override
    def completed(self, batches: Sequence[Batch]) -> Sequence[Batch]:
        user_ids = torch.cat([batch.contexts.user_ids for batch in batches])
        positives = torch.cat([batch.positive_items for batch in batches])
        drawn = self.negatives.draw(user_ids, self.num_negatives, self.draws)
        compared = torch.cat([positives[:, None], drawn], dim=1)
        parts = compared.split([len(batch.contexts) for batch in batches])
        pairs = [batch for batch in batches if isinstance(batch, PairBatch)]
        return [
            batch._replace(compared_items=part) for batch, part in zip(pairs, parts, strict=True)
        ]


class ComparedObjective(SampledObjective):
    """A loss of the scores of each pair and its negatives alone; ``loss`` says which."""

    @abstractmethod
    def loss(self, scores: Tensor, weights: Tensor | None) -> Tensor:
        """Turn (batch, 1 + num_negatives) scores, each row's positive first, into a scalar.

        ``weights`` (batch,) say how much each row counts; None: one each.
        """

    @override
    def __call__(self, scores: BatchScores, batch: Batch) -> Tensor:
        assert isinstance(batch, PairBatch)
        assert batch.compared_items is not None
        return self.loss(scores.of_items(batch.compared_items), batch.weights)


class Pointwise(ComparedObjective):
    """Binary log loss, see ``losses.pointwise``."""

    fold_in = "pointwise"

    @override
    def loss(self, scores: Tensor, weights: Tensor | None) -> Tensor:
        return pointwise(scores, weights)


class Bpr(ComparedObjective):
    """Bayesian personalised ranking, see ``losses.bpr``."""

    fold_in = "bpr"

    @override
    def loss(self, scores: Tensor, weights: Tensor | None) -> Tensor:
        return bpr(scores, weights)


class Gbce(ComparedObjective):
    """Generalised binary cross-entropy of scores that begin where equal scores are best.

    The loss reads a score plus log(beta / num_negatives), see ``losses.gbce.base_score``. Scores
    near zero, with which a network begins, would all have to fall first: a network that is scored
    by the table that it reads then sees one direction in every item, and learns next to nothing.

    New users of a factorisation are fitted by the point-wise loss, whose optimum shifts all scores
    alike.

    Args:
        num_negatives: Negatives drawn per positive.
        negatives: Where they come from; beta is made for uniform ones.
        t: See ``losses.gbce.positive_power``.
    """

    fold_in = "pointwise"

    def __init__(self, num_negatives: int, negatives: NegativeSampler, t: float):
        super().__init__(num_negatives, negatives)
        if not 0 <= t <= 1:
            raise ValueError(f"t must lie in [0, 1], got {t}.")
        self.t = t

    @override
    def prepare(self, train: Interactions, draws: Draws) -> None:
        super().prepare(train, draws)
        self.beta = positive_power(self.num_negatives, train.num_items, self.t)
        self.base = base_score(self.beta, self.num_negatives)

    @override
    def loss(self, scores: Tensor, weights: Tensor | None) -> Tensor:
        return gbce(scores + self.base, self.beta, weights)


class Softmax(Objective):
    """Cross-entropy over the whole catalogue, see ``losses.softmax``."""

    batches = UserBatches
    fold_in = "softmax"

    @override
    def prepare(self, train: Interactions, draws: Draws) -> None:
        pass

    @override
    def completed(self, batches: Sequence[Batch]) -> Sequence[Batch]:
        return batches

    @override
    def __call__(self, scores: BatchScores, batch: Batch) -> Tensor:
        assert isinstance(batch, UserBatch)
        positives = batch.positive_items
        if batch.contexts.ends is not None and len(positives) == len(batch.contexts):
            products = scores.unmade_rows()  # a place in a history has one positive
            if products is not None:
                return softmax_of_products(*products, positives, batch.weights)
        return softmax(scores.rows(), batch.positive_rows, batch.positive_items, batch.weights)
