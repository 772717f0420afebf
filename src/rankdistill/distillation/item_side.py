"""Any distillation loss transposed: users ranked for an item instead of items for a user."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rankdistill.data.interactions import Interactions
from rankdistill.distillation.interface import (
    DistillationContext,
    DistillationMethod,
    ScoreRows,
    StudentEmbeddings,
    StudentScores,
)
from rankdistill.histories.contexts import Contexts


class ItemSide(nn.Module):
    """A method that is shown items as if they were users.

    Args:
        method: What to apply to the transposed scores.
        items_per_batch: Items drawn per batch, uniformly; memory is items_per_batch x num_users.
    """

    def __init__(self, method: DistillationMethod, items_per_batch: int):
        super().__init__()
        if items_per_batch < 1:
            raise ValueError(f"items_per_batch must be at least 1, got {items_per_batch}.")
        self.method = method
        self.items_per_batch = items_per_batch

    def check(self, train: Interactions) -> None:
        """Raise a ValueError where the method does not fit the transposed data."""
        try:
            self.method.check(train.transposed())
        except ValueError as error:
            raise ValueError(f"On the item side, where users are ranked: {error}") from None

    def prepare(self, context: DistillationContext) -> None:
        """Prepare the method with the teacher and the interactions transposed."""
        self.num_users, self.num_items = context.train.num_users, context.train.num_items
        self.user_block = context.user_block
        self.draws = context.draws
        columns = Columns(context.teacher.score_rows, self.num_users, context.user_block)
        transposed = DistillationContext(
            columns, context.train.transposed(), context.user_block, context.draws
        )
        self.method.prepare(transposed)

    def refresh(self, student: ScoreRows, epoch: int) -> None:
        """Show the method the student's scores of all users for an item."""
        columns = Columns(student, self.num_users, self.user_block)
        self.method.refresh(columns.score_rows, epoch)

    def loss(self, student: StudentScores) -> Tensor:
        """Draw some items and take the method's mean loss of them, a scalar."""
        item_ids = self.draws.integers(self.num_items, (self.items_per_batch,))
        return self.method.loss(ItemRows(student, item_ids))


class Columns:
    """Scores of all users for some items, from a network that scores all items for some users.

    Args:
        score_rows: The network.
        num_users: Number of users.
        user_block: Users scored at once.
    """

    def __init__(self, score_rows: ScoreRows, num_users: int, user_block: int):
        self._score_rows = score_rows
        self.num_users = num_users
        self.user_block = user_block

    @torch.no_grad()
    def score_rows(self, items: Contexts) -> Tensor:
        """N items, in the place of users, to (n, num_users) raw scores."""
        users = Contexts.of_all_users(self.num_users, items.device)
        blocks = [
            self._score_rows(block).index_select(1, items.user_ids)
            for block in users.split(self.user_block)
        ]
        return torch.cat(blocks).t().contiguous()


class ItemRows:
    """The student's view of drawn items, each a row of scores over all users.

    Args:
        student: The student's view of the batch.
        item_ids: (n,) int64.
    """

    positive_items: Tensor | None = None

    def __init__(self, student: StudentScores, item_ids: Tensor):
        self.student = student
        self.contexts = Contexts(item_ids)
        self.training_items = student.contexts.user_ids
        self.shares = torch.full(item_ids.shape, 1.0 / len(item_ids), device=item_ids.device)
        self._rows: Tensor | None = None

    def of_items(self, item_ids: Tensor) -> Tensor:
        """(n, m) user ids to (n, m) raw scores."""
        return self.rows().gather(1, item_ids)

    def of_shared(self, item_ids: Tensor) -> Tensor:
        """(m,) user ids to (n, m) raw scores."""
        return self.rows().index_select(1, item_ids)

    def rows(self) -> Tensor:
        """(n, num_users) raw scores."""
        if self._rows is None:
            self._rows = self.student.columns(self.contexts.user_ids)
        return self._rows

    def columns(self, item_ids: Tensor) -> Tensor:
        """(m,) user ids to (m, num_items) raw scores would be the rows of the batch itself."""
        # Only an item side asks for columns, and a method inside one has none of its own.
        raise NotImplementedError("the transposed view is not transposed again")

    @property
    def per_user(self) -> StudentScores:
        """The drawn items: one row each."""
        return self

    @property
    def distinct_users(self) -> StudentScores:
        """The drawn items: one row each, too."""
        return self

    @property
    def embeddings(self) -> StudentEmbeddings:
        """The student's embeddings."""
        return self.student.embeddings
