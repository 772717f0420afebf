"""Distillation Experts: the student's embeddings must let experts rebuild the teacher's."""

from __future__ import annotations

import torch
from torch import Tensor
from typing_extensions import override

from rankdistill.data.interactions import Interactions
from rankdistill.distillation.annealed_draws import annealed_temperature
from rankdistill.distillation.drawn_entities import DrawnEntities
from rankdistill.distillation.interface import (
    DistillationContext,
    DistillationMethod,
    ScoreRows,
    StudentScores,
)
from rankdistill.distillation.routed_experts import RoutedExperts, reconstruction_loss


class DistillationExperts(DistillationMethod):
    """Reconstruction of the teacher's embeddings by experts, users and items each with their own.

    The loss is the mean over the drawn users and items together, in units of the mean squared
    length of the teacher's embeddings: reconstructions that are all zero score about 1, whatever
    the teacher. The published loss is a sum over the batch's users and items: its weight of 1e-2
    is 1e-2 x (users and items of the batch) x (that mean squared length) here, beside a ranking
    loss that is a sum as well.

    Args:
        num_experts: Experts M per side. Published: 30.
        anneal_epochs: Epochs until the temperature of the router's draws has fallen to 1e-10.
            Published: all epochs.
        max_entities: Users, and items, drawn per batch at most. Published: all of the batch.
        weight: Factor in the sum over the active methods.

    Reference:
        Kang et al., "DE-RRD: A Knowledge Distillation Framework for Recommender System", CIKM
        2020.
    """

    needs_embeddings = True
    needs_all_scores = False
    of_users: RoutedExperts
    of_items: RoutedExperts

    def __init__(
        self,
        num_experts: int,
        anneal_epochs: int,
        max_entities: int,
        weight: float,
    ):
        super().__init__()
        if num_experts < 1:
            raise ValueError(f"num_experts must be at least 1, got {num_experts}.")
        annealed_temperature(0, anneal_epochs)
        self.num_experts, self.anneal_epochs = num_experts, anneal_epochs
        self.entities = DrawnEntities(max_entities)
        self.weight = weight

    @override
    def check(self, train: Interactions) -> None:
        pass

    @override
    def prepare(self, context: DistillationContext) -> None:
        self.entities.prepare(context)
        self.unit = self.entities.mean_squared_length
        self.of_users = RoutedExperts.between(context, self.num_experts, self.anneal_epochs)
        self.of_items = RoutedExperts.between(context, self.num_experts, self.anneal_epochs)

    @override
    def refresh(self, student: ScoreRows, epoch: int) -> None:
        self.of_users.anneal(epoch)
        self.of_items.anneal(epoch)

    @override
    def loss(self, student: StudentScores) -> Tensor:
        users, items = self.entities(student)
        rebuilt = torch.cat([self.of_users(*users).rebuilt, self.of_items(*items).rebuilt])
        return reconstruction_loss(rebuilt, torch.cat([users.teacher, items.teacher])) / self.unit
