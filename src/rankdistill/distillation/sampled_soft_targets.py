"""Sampled soft targets: the teacher's distribution over a few items that all users share."""

from __future__ import annotations

import torch
from torch import Tensor
from typing_extensions import override

from rankdistill.data.interactions import Interactions
from rankdistill.distillation.interface import (
    DistillationContext,
    DistillationMethod,
    ScoreRows,
    StudentScores,
)
from rankdistill.distillation.temperatures import two_temperatures
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.soft_cross_entropy import soft_cross_entropy


class SampledSoftTargets(DistillationMethod):
    """Cross-entropy to the teacher's softmax over items that are drawn anew for every batch.

    Items are drawn uniformly and with replacement, once for all users of the batch, whose scores
    are then one product of matrices. Neither model scores the whole catalogue, where the teacher
    has embeddings or is an ensemble of such, so that the loss suits millions of items. Nothing
    corrects for the draw: the student learns to order a sample as the teacher does.

    Args:
        sampled_items: Items drawn per batch; at least two.
        temperature: Divides the student's scores; positive.
        teacher_temperature: Divides the teacher's scores; null takes ``temperature``.
        weight: Factor in the sum over the active methods.
    """

    def __init__(
        self,
        sampled_items: int,
        temperature: float,
        teacher_temperature: float | None,
        weight: float,
    ):
        super().__init__()
        if sampled_items < 2:
            raise ValueError(f"sampled_items must be at least 2, got {sampled_items}.")
        self.sampled_items = sampled_items
        temperatures = two_temperatures(temperature, teacher_temperature)
        self.temperature, self.teacher_temperature = temperatures
        self.weight = weight

    @override
    def check(self, train: Interactions) -> None:
        pass

    @override
    def prepare(self, context: DistillationContext) -> None:
        self.num_items, self.draws = context.train.num_items, context.draws
        assert context.score_shared is not None, "the method takes part in no stack or item side"
        self._score_shared = context.score_shared

    @override
    def refresh(self, student: ScoreRows, epoch: int) -> None:
        pass

    @override
    def loss(self, student: StudentScores) -> Tensor:
        users = student.distinct_users
        items = self.draws.integers(self.num_items, (self.sampled_items,))
        logits = users.of_shared(items) / self.temperature
        return (
            users.shares * soft_cross_entropy(logits, self._targets(users.contexts, items))
        ).sum()

    @torch.no_grad()
    def _targets(self, contexts: Contexts, items: Tensor) -> Tensor:
        logits = self._score_shared(contexts, items).float() / self.teacher_temperature
        return torch.softmax(logits, dim=1)
