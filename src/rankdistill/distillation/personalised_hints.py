"""Personalised hint regression: each user and item has a map of its own to the teacher's space."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from typing_extensions import override

from rankdistill.data.interactions import Interactions
from rankdistill.distillation.drawn_entities import DrawnEntities
from rankdistill.distillation.interface import (
    DistillationContext,
    DistillationMethod,
    ScoreRows,
    StudentScores,
    Tables,
)
from rankdistill.distillation.routed_experts import reconstruction_loss
from rankdistill.distillation.uniform_start import uniform_start
from rankdistill.draws.draws import Draws
from rankdistill.kernels.bags import bag_sums


class PersonalisedHints(DistillationMethod):
    """Reconstruction || e_t - W(x_t) e_s ||^2, where a small network makes the matrix W.

    The network reads x_t, the teacher's embedding e_t of a user or item, enriched by the mean of
    its neighbours': the items of the user, or the users of the item. So what is alike to the
    teacher is mapped alike. Users and items have a network each.

    The loss is the mean over the drawn users and items together, in units of the mean squared
    length of the teacher's embeddings, as that of ``experts`` is.

    Args:
        hidden_dim: Width of the networks that make W.
        neighbours: Enrich the embeddings that the networks read.
        max_entities: Users, and items, drawn per batch at most. Published: all of the batch.
        weight: Factor in the sum over the active methods. Published: 1e-2, of sums.

    Reference:
        Kang et al., "Personalized Knowledge Distillation for Recommender System", Knowledge-Based
        Systems 2021.
    """

    needs_embeddings = True
    read_of_users: Tensor
    read_of_items: Tensor
    of_users: PersonalMap
    of_items: PersonalMap

    def __init__(self, hidden_dim: int, neighbours: bool, max_entities: int, weight: float):
        super().__init__()
        if hidden_dim < 1:
            raise ValueError(f"hidden_dim must be at least 1, got {hidden_dim}.")
        self.hidden_dim, self.neighbours = hidden_dim, neighbours
        self.entities = DrawnEntities(max_entities)
        self.weight = weight

    @override
    def check(self, train: Interactions) -> None:
        pass

    @override
    def prepare(self, context: DistillationContext) -> None:
        self.entities.prepare(context)
        self.unit = self.entities.mean_squared_length
        tables = context.teacher_tables
        assert tables is not None, "DistilledStudent.check refuses a teacher without embeddings"
        assert context.student_dim is not None
        read = enriched(tables, context.train) if self.neighbours else tables
        self.register_buffer("read_of_users", read.users, persistent=False)
        self.register_buffer("read_of_items", read.items, persistent=False)
        sizes = self.hidden_dim, context.student_dim, tables.users.shape[1]
        self.of_users = PersonalMap(*sizes, context.draws)
        self.of_items = PersonalMap(*sizes, context.draws)

    @override
    def refresh(self, student: ScoreRows, epoch: int) -> None:
        pass

    @override
    def loss(self, student: StudentScores) -> Tensor:
        users, items = self.entities.draw(student)
        own = student.embeddings
        rebuilt = torch.cat(
            [
                self.of_users(own.users_of(users), self.read_of_users[users.user_ids]),
                self.of_items(own.items_of(items), self.read_of_items[items]),
            ]
        )
        teacher = torch.cat([self.entities.teachers_of(users), self.entities.teacher_items[items]])
        return reconstruction_loss(rebuilt, teacher) / self.unit


class PersonalMap(nn.Module):
    """A map W(x) e of student embeddings e, where W is linear in a hidden layer h = relu(A x + a).

    W(x) = W_0 + sum_k h_k W_k. It is never built: W(x) e is one product of (h_k e_s) with all W_k.

    Args:
        hidden_dim: Length of h.
        student_dim: Length of the student's embeddings.
        teacher_dim: Length of the teacher's embeddings, and of x.
        draws: Source of the start; the parameters lie on its device.
    """

    def __init__(self, hidden_dim: int, student_dim: int, teacher_dim: int, draws: Draws):
        super().__init__()

        def start(*shape: int, num_inputs: int) -> nn.Parameter:
            return uniform_start(shape, num_inputs, draws)

        self.hidden_weight = start(teacher_dim, hidden_dim, num_inputs=teacher_dim)
        self.hidden_bias = start(hidden_dim, num_inputs=teacher_dim)
        self.matrices = start(
            1 + hidden_dim, student_dim, teacher_dim, num_inputs=(1 + hidden_dim) * student_dim
        )

    def forward(self, student: Tensor, read: Tensor) -> Tensor:
        """Map (n, student_dim), with what is (n, teacher_dim) read, to (n, teacher_dim)."""
        hidden = torch.addmm(self.hidden_bias, read, self.hidden_weight).relu()
        factors = torch.cat([hidden.new_ones(len(hidden), 1), hidden], dim=1)
        products = (factors[:, :, None] * student[:, None, :]).flatten(1)
        return products @ self.matrices.flatten(0, 1)


@torch.no_grad()
def enriched(tables: Tables, train: Interactions) -> Tables:
    """Average every embedding with the mean of its neighbours' embeddings.

    Args:
        tables: Embeddings of users and items in one space.
        train: Whose items are the neighbours of users, and whose users those of items.

    Returns:
        Tables of the shapes given. What has no neighbour stays as it is.
    """

    def averaged(own: Tensor, others: Tensor, of: Interactions) -> Tensor:
        shares = (1.0 / of.counts.clamp_min(1))[of.user_ids].to(others.dtype)
        means = bag_sums(others, of.item_ids, of.offsets, shares)
        return torch.where((of.counts > 0)[:, None], (own + means) / 2, own)

    return Tables(
        averaged(tables.users, tables.items, train),
        averaged(tables.items, tables.users, train.transposed()),
    )
