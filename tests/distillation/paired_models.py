"""A small teacher and a smaller student with embeddings, and views of the student's batches."""

from __future__ import annotations

import torch
from tests.distillation.helpers import FixedScores, some_interactions
from tests.draws.made_draws import seeded_draws
from torch import Tensor

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.data.batches import PairBatch, UserBatch
from rankdistill.distillation.interface import DistillationContext, Tables
from rankdistill.histories.contexts import Contexts
from rankdistill.modules.batch_scores import BatchScores

NUM_USERS, NUM_ITEMS, TEACHER_DIM, STUDENT_DIM = 9, 15, 6, 2

USERS = UserBatch(
    Contexts(torch.tensor([7, 2, 5])), torch.tensor([0, 0, 1, 2, 2]), torch.tensor([3, 14, 3, 0, 8])
)
"""Three users and four items."""
PAIRS = PairBatch(Contexts(torch.tensor([7, 2, 7, 5, 2])), torch.tensor([3, 14, 8, 3, 0]))
"""The same three users and four items, as pairs."""
BATCHES = {"whole users": USERS, "pairs": PAIRS}


def a_teacher(seed: int = 0) -> Tables:
    generator = torch.Generator().manual_seed(seed)
    return Tables(
        torch.randn(NUM_USERS, TEACHER_DIM, generator=generator),
        torch.randn(NUM_ITEMS, TEACHER_DIM, generator=generator),
    )


def a_student(seed: int = 0) -> MatrixFactorization:
    torch.manual_seed(seed)
    return MatrixFactorization(NUM_USERS, NUM_ITEMS, STUDENT_DIM, init_std=0.1)


def context_of(teacher: Tables | None, seed: int = 0, student_dim: int | None = STUDENT_DIM):
    return DistillationContext(
        FixedScores(torch.zeros(NUM_USERS, NUM_ITEMS)),
        some_interactions(NUM_USERS, NUM_ITEMS),
        user_block=4,
        draws=seeded_draws(seed),
        teacher_tables=teacher,
        student_dim=student_dim,
    )


def view(student: MatrixFactorization, batch: PairBatch | UserBatch = USERS) -> BatchScores:
    return BatchScores.of(student, batch)


def prepared(method, seed: int = 0, epoch: int = 0, teacher: Tables | None = None):
    """The method after ``prepare`` and the start of an epoch."""
    method.prepare(context_of(teacher or a_teacher(), seed))
    method.refresh(lambda user_ids: torch.zeros(len(user_ids), NUM_ITEMS), epoch)
    return method


def compared(student: MatrixFactorization, teacher: Tables) -> tuple[Tensor, Tensor]:
    """Both models' embeddings of the users and items of the batches, ascending, users first."""
    users, items = torch.tensor([2, 5, 7]), torch.tensor([0, 3, 8, 14])
    own = student.embeddings()
    return (
        torch.cat([own.users[users], own.items[items]]).detach(),
        torch.cat([teacher.users[users], teacher.items[items]]),
    )
