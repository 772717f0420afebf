"""Which users and items of a batch have their embeddings compared."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from rankdistill.distillation.interface import DistillationContext, StudentScores
from rankdistill.draws.draws import Draws
from rankdistill.histories.contexts import Contexts


class Drawn(NamedTuple):
    """Embeddings of the same users or items in both models, row by row.

    Attributes:
        student: (n, student_dim), with gradient.
        teacher: (n, teacher_dim).
    """

    student: Tensor
    teacher: Tensor


class DrawnEntities(nn.Module):
    """Some of a batch's users and some of its items, drawn anew each time.

    Args:
        max_entities: Users, and items, drawn per batch at most.
    """

    teacher_users: Tensor
    teacher_items: Tensor

    def __init__(self, max_entities: int):
        super().__init__()
        if max_entities < 1:
            raise ValueError(f"max_entities must be at least 1, got {max_entities}.")
        self.max_entities = max_entities

    def prepare(self, context: DistillationContext) -> None:
        """Keep the teacher's embeddings."""
        tables = context.teacher_tables
        assert tables is not None, "DistilledStudent.check refuses a teacher without embeddings"
        self.register_buffer("teacher_users", tables.users, persistent=False)
        self.register_buffer("teacher_items", tables.items, persistent=False)
        self.draws = context.draws
        self._teacher_users_of = context.teacher_users_of

    @property
    def mean_squared_length(self) -> Tensor:
        """Mean over all users and items of the teacher's squared length; positive."""
        tables = torch.cat([self.teacher_users, self.teacher_items])
        return tables.square().sum(1).mean().clamp_min(torch.finfo(tables.dtype).tiny)

    def draw(self, student: StudentScores) -> tuple[Contexts, Tensor]:
        """Draw from the distinct contexts and the distinct items of the batch's training pairs.

        Args:
            student: The student's view of the batch.

        Returns:
            At most ``max_entities`` contexts, and as many item ids, int64.
        """
        users = self._contexts(student.contexts)
        return users, draw_distinct(student.training_items, self.max_entities, self.draws)

    def forward(self, student: StudentScores) -> tuple[Drawn, Drawn]:
        """Draw contexts and items of the batch, and take their embeddings.

        Args:
            student: The student's view of the batch.

        Returns:
            The embeddings of the users of drawn contexts, and those of the drawn items.
        """
        users, items = self.draw(student)
        embeddings = student.embeddings
        return (
            Drawn(embeddings.users_of(users), self.teachers_of(users)),
            Drawn(embeddings.items_of(items), self.teacher_items[items]),
        )

    def _contexts(self, contexts: Contexts) -> Contexts:
        if contexts.ends is None:
            return Contexts(draw_distinct(contexts.user_ids, self.max_entities, self.draws))
        distinct, _ = contexts.distinct()
        rows = torch.arange(len(distinct), device=contexts.device)
        return distinct[draw_distinct(rows, self.max_entities, self.draws)]

    @torch.no_grad()
    def teachers_of(self, contexts: Contexts) -> Tensor:
        """Embeddings that the teacher gives the users of some contexts."""
        if contexts.ends is None:
            return self.teacher_users[contexts.user_ids]
        assert self._teacher_users_of is not None
        return self._teacher_users_of(contexts)


def draw_distinct(ids: Tensor, most: int, draws: Draws) -> Tensor:
    """Draw uniformly from the distinct ids among ``ids``, without replacement.

    Args:
        ids: (n,) int64, repeats allowed.
        most: How many to draw; all distinct ids where there are no more of them.
        draws: Source of the draw, on the same device.

    Returns:
        (at most ``most``,) int64, each once.
    """
    distinct = torch.bincount(ids).nonzero().squeeze(1)  # no sort, which ``unique`` is
    if len(distinct) <= most:
        return distinct
    order = draws.order(len(distinct))
    return distinct[order[:most]]
