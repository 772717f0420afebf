"""Topology distillation: the student's embeddings must lie to each other as the teacher's do."""

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
from rankdistill.distillation.topology_losses import (
    full_topology_loss,
    hierarchical_topology_loss,
)

FORMS = ("hierarchical", "full")


class TopologyDistillation(DistillationMethod):
    """Cosine similarities among the batch's users and items, as the teacher has them.

    The ``full`` form (FTD) compares all of them. The ``hierarchical`` form (HTD) draws a group
    for every user and item from a router on the teacher's embeddings, compares the similarities
    inside the groups and those with the groups' prototypes, and lets each group's expert rebuild
    the teacher's embeddings: ``gamma x topology + (1 - gamma) x reconstruction``. The
    reconstruction alone trains the router.

    All parts are means, where the published losses are sums over pairs, users and items; see
    ``full_topology_loss``, ``hierarchical_topology_loss`` and, for the reconstruction and its
    unit, DistillationExperts.

    Args:
        form: ``hierarchical`` or ``full``.
        gamma: Share of the topology in the hierarchical form, in [0, 1]. Published: 0.5.
        num_groups: Groups K of the hierarchical form, of users and items together. Published: 30.
        anneal_epochs: Epochs until the temperature of the hierarchical form's router has fallen
            to 1e-10. Published: all epochs.
        max_entities: Users, and items, drawn per batch at most. Published: all of the batch.
        weight: Factor in the sum over the active methods. Published for the full form: 1e-3 on
            its sum, that is 1e-3 x (number of ordered pairs) here.

    Reference:
        Kang et al., "Topology Distillation for Recommender System", KDD 2021.
    """

    needs_embeddings = True
    needs_all_scores = False

    def __init__(
        self,
        form: str,
        gamma: float,
        num_groups: int,
        anneal_epochs: int,
        max_entities: int,
        weight: float,
    ):
        super().__init__()
        if form not in FORMS:
            raise ValueError(f"form must be one of {', '.join(FORMS)}, got {form!r}.")
        if not 0 <= gamma <= 1:
            raise ValueError(f"gamma must lie in [0, 1], got {gamma}.")
        if num_groups < 1:
            raise ValueError(f"num_groups must be at least 1, got {num_groups}.")
        annealed_temperature(0, anneal_epochs)
        self.form, self.gamma = form, gamma
        self.num_groups, self.anneal_epochs = num_groups, anneal_epochs
        self.entities = DrawnEntities(max_entities)
        self.weight = weight
        self.experts: RoutedExperts | None = None

    @override
    def check(self, train: Interactions) -> None:
        pass

    @override
    def prepare(self, context: DistillationContext) -> None:
        self.entities.prepare(context)
        if self.form == "hierarchical":
            self.unit = self.entities.mean_squared_length
            self.experts = RoutedExperts.between(context, self.num_groups, self.anneal_epochs)

    @override
    def refresh(self, student: ScoreRows, epoch: int) -> None:
        if self.experts is not None:
            self.experts.anneal(epoch)

    @override
    def loss(self, student: StudentScores) -> Tensor:
        of_student, of_teacher = map(torch.cat, zip(*self.entities(student), strict=True))
        if self.experts is None:
            return full_topology_loss(of_student, of_teacher)
        rebuilt, groups = self.experts(of_student, of_teacher)
        topology = hierarchical_topology_loss(of_student, of_teacher, groups, self.num_groups)
        reconstruction = reconstruction_loss(rebuilt, of_teacher) / self.unit
        return self.gamma * topology + (1 - self.gamma) * reconstruction
