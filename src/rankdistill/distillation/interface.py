"""What a distillation method is given and what it must offer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

from torch import Tensor, nn

from rankdistill.data.interactions import Interactions
from rankdistill.draws.draws import Draws
from rankdistill.histories.contexts import Contexts

ScoreRows = Callable[[Contexts], Tensor]
"""Contexts to (batch, num_items) raw scores."""

ScoreShared = Callable[[Contexts, Tensor], Tensor]
"""Contexts and (n,) item ids that they share to (batch, n) raw scores."""


class Tables(NamedTuple):
    """Embeddings of all users and items.

    Attributes:
        users: (num_users, embedding_dim).
        items: (num_items, embedding_dim).
    """

    users: Tensor
    items: Tensor


@dataclass(frozen=True)
class DistillationContext:
    """What a method may take from before fitting; it keeps only what its loss reads.

    Attributes:
        teacher: The frozen teacher's backbone, in eval mode.
        train: The student's training interactions, on the training device.
        user_block: Users that may be scored at once.
        draws: Source of every random choice, on the training device.
        teacher_tables: The teacher's embeddings, without gradient; None where it has none.
        student_dim: Length of the student's embeddings; None where it has none.
        shortest_list: The teacher ranks at least so many unseen items of every user whom it
            teaches; None: all of the catalogue.
        teacher_users_of: Contexts to (n, embedding_dim) embeddings that the teacher gives them,
            without gradient; None where it has none.
        by_place: Whether every batch is of places in histories: then nothing is ever asked for
            whole users, and a method prepares nothing for them.
        score_shared: The teacher's scores of items that all contexts share, without gradient;
            None within a stack or an item side.
        earlier_teachers: The teacher as it was earlier in its training, first to last, where a
            method asks for its trajectory.
    """

    teacher: TeacherScores
    train: Interactions
    user_block: int
    draws: Draws
    teacher_tables: Tables | None = None
    student_dim: int | None = None
    shortest_list: int | None = None
    teacher_users_of: Callable[[Contexts], Tensor] | None = None
    by_place: bool = False
    score_shared: ScoreShared | None = None
    earlier_teachers: Sequence[TeacherScores] = ()


class TeacherScores(Protocol):
    """The part of a teacher that every backbone has."""

    def score_rows(self, contexts: Contexts, /) -> Tensor:
        """Contexts to (batch, num_items) raw scores."""
        ...


class StudentEmbeddings(Protocol):
    """The student's embeddings, with gradient."""

    def users_of(self, contexts: Contexts) -> Tensor:
        """N contexts of the batch to (n, embedding_dim) embeddings of their users."""
        ...

    def items_of(self, item_ids: Tensor) -> Tensor:
        """(n,) item ids to their (n, embedding_dim) embeddings."""
        ...


class StudentScores(Protocol):
    """The student's view of one batch; what is computed once is shared by all losses."""

    contexts: Contexts
    """The context of each row."""
    training_items: Tensor
    """The items of the batch's training pairs, repeats included."""
    positive_items: Tensor | None
    """(batch,) the item of each training pair, or None where a row has several."""

    @property
    def shares(self) -> Tensor:
        """(batch,) what each row weighs in a mean over the batch; sums to one."""
        ...

    def of_items(self, item_ids: Tensor) -> Tensor:
        """(batch, n) item ids to (batch, n) raw scores."""
        ...

    def of_shared(self, item_ids: Tensor) -> Tensor:
        """(n,) ids of items that all rows share to (batch, n) raw scores."""
        ...

    def rows(self) -> Tensor:
        """(batch, num_items) raw scores of the whole catalogue."""
        ...

    def columns(self, item_ids: Tensor) -> Tensor:
        """(n,) item ids to (n, num_users) raw scores of all users."""
        ...

    @property
    def per_user(self) -> StudentScores:
        """The batch, or a sample of it, with one row per user, for losses on whole rows."""
        ...

    @property
    def distinct_users(self) -> StudentScores:
        """The whole batch with one row per user, for losses on a few items per user."""
        ...

    @property
    def embeddings(self) -> StudentEmbeddings:
        """The student's embeddings, for methods that need them."""
        ...


class DistillationMethod(nn.Module, ABC):
    """A loss that pulls the student towards the teacher.

    Attributes:
        weight: Factor of this method's loss in the sum over the active methods.
        needs_embeddings: Whether teacher and student must both have embeddings.
        reads_rows: Whether a batch needs scores of the whole catalogue, of teacher or student.
        needs_all_scores: Whether the teacher must score the whole catalogue; where it need not, a
            list of its best items is enough.
        list_length: Items of a teacher's list that the loss reads, once prepared. Users of whom the
            teacher ranks fewer teach the student nothing.
        trajectory: Checkpoints of the teacher's training that the method learns from, the trained
            teacher included.
        whole_users: Whether the method teaches whole users alone, so that a student that learns
            from places in histories cannot use it.
        stacks: With which batches one object can serve the jobs of a stack: "users", whole users
            alone; "any", pairs too; or None. Such a method learns nothing of its own, reads scores
            alone, and draws, if at all, in its loss, equally much for each row.
    """

    weight: float
    needs_all_scores: bool = True
    list_length: int = 1
    trajectory: int = 1
    needs_embeddings: ClassVar[bool] = False
    reads_rows: bool = False
    whole_users: ClassVar[bool] = False
    stacks: str | None = None

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
