"""Distillation methods and backbones whose effect on a loss can be told by heart."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import torch
from torch import Tensor, nn

from rankdistill.backbones.interface import Backbone
from rankdistill.data.interactions import Interactions
from rankdistill.distillation.interface import DistillationContext, DistillationMethod
from rankdistill.histories.contexts import Contexts


class ConstantLoss(DistillationMethod):
    """A distillation method of constant loss that counts its calls."""

    def __init__(self, value: float, weight: float = 1.0):
        super().__init__()
        self.value = value
        self.weight = weight
        self.epochs: list[int] = []
        self.prepared_with: DistillationContext | None = None
        self.scale = nn.Parameter(torch.ones(()))

    def check(self, train: Interactions) -> None:
        pass

    def prepare(self, context: DistillationContext) -> None:
        self.prepared_with = context

    def refresh(self, student, epoch: int) -> None:
        self.epochs.append(epoch)

    def loss(self, student) -> Tensor:
        return self.value * self.scale


class ConstantScores(Backbone):
    """A backbone that gives every item the same score."""

    def __init__(self, num_users: int, num_items: int, score: float):
        super().__init__()
        self.num_items = num_items
        self.score = score
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        return self.bias + torch.full(item_ids.shape, float(self.score))

    def score_rows(self, contexts: Contexts) -> Tensor:
        return self.bias + torch.full((len(contexts), self.num_items), float(self.score))


class DeadlyScores(ConstantScores):
    """A backbone that takes its process along, as the system does when memory runs out."""

    def __init__(self, num_users: int, num_items: int, score: float):
        super().__init__(num_users, num_items, score)
        if score == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class DeadlyOnce(ConstantScores):
    """A backbone that takes the first process in which it learns along, and no other."""

    def __init__(
        self, num_users: int, num_items: int, embedding_dim: int, init_std: float, killed: str
    ):
        super().__init__(num_users, num_items, score=0.0)
        self.killed = Path(killed)

    def score_rows(self, contexts: Contexts) -> Tensor:
        if not self.killed.exists():
            self.killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().score_rows(contexts)
