"""What a distillation method is given and what it must offer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from rankdistill.data.interactions import Interactions

ScoreRows = Callable[[Tensor], Tensor]
"""(batch,) user ids to (batch, num_items) raw scores."""


@dataclass(frozen=True)
class DistillationContext:
    """What a method may take from before fitting; it keeps only what its loss reads.

    Attributes:
        teacher: The frozen teacher's backbone, in eval mode.
        train: The student's training interactions, on the training device.
        user_block: Users that may be scored at once.
        generator: Source of every random choice, on the training device.
    """

    teacher: TeacherScores
    train: Interactions
    user_block: int
    generator: torch.Generator


class TeacherScores(Protocol):
    """The part of a teacher that every backbone has."""

    def score_rows(self, user_ids: Tensor) -> Tensor:
        """(batch,) user ids to (batch, num_items) raw scores."""
        ...


class StudentScores(Protocol):
    """The student's view of one batch; what is computed once is shared by all losses."""

    user_ids: Tensor
    positive_items: Tensor | None
    """(batch,) the item of each training pair, or None where a batch is of whole users."""

    def of_items(self, item_ids: Tensor) -> Tensor:
        """(batch, n) item ids to (batch, n) raw scores."""
        ...

    def rows(self) -> Tensor:
        """(batch, num_items) raw scores of the whole catalogue."""
        ...

    @property
    def backbone(self) -> torch.nn.Module:
        """The student's network, for methods that read its embeddings."""
        ...


class DistillationMethod(nn.Module, ABC):
    """A loss that pulls the student towards the teacher.

    Attributes:
        weight: Factor of this method's loss in the sum over the active methods.
    """

    weight: float

    @abstractmethod
    def check(self, train: Interactions) -> None:
        """Before a teacher is trained: raise a ValueError if the settings do not fit the data."""

    @abstractmethod
    def prepare(self, context: DistillationContext) -> None:
        """Once, before fitting: take from the teacher what the loss needs, and no more."""

    @abstractmethod
    def refresh(self, student: ScoreRows, epoch: int) -> None:
        """At the start of every epoch (from 0), without gradient."""

    @abstractmethod
    def loss(self, student: StudentScores) -> Tensor:
        """The mean loss of one batch, a scalar."""
