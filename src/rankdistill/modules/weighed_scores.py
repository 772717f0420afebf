"""The student's view of a batch, in which some users weigh more than others."""

from __future__ import annotations

from torch import Tensor

from rankdistill.distillation.interface import StudentEmbeddings, StudentScores


class WeighedScores:
    """A view whose shares are multiplied by the weights of the users.

    Args:
        inner: The view without such weights.
        weights: (num_users,) float32, with a mean of one over those who count.
    """

    def __init__(self, inner: StudentScores, weights: Tensor):
        self.inner = inner
        self.weights = weights
        self.contexts = inner.contexts
        self.training_items = inner.training_items
        self.positive_items = inner.positive_items

    @property
    def shares(self) -> Tensor:
        """(batch,) the weight of each row in a sum over the batch."""
        return self.inner.shares * self.weights.index_select(0, self.contexts.user_ids)

    def of_items(self, item_ids: Tensor) -> Tensor:
        """(batch, n) item ids to (batch, n) raw scores."""
        return self.inner.of_items(item_ids)

    def rows(self) -> Tensor:
        """(batch, num_items) raw scores."""
        return self.inner.rows()

    def columns(self, item_ids: Tensor) -> Tensor:
        """(n,) item ids to (n, num_users) raw scores."""
        return self.inner.columns(item_ids)

    @property
    def per_user(self) -> StudentScores:
        """The batch, or a sample of it, with one row per user."""
        return WeighedScores(self.inner.per_user, self.weights)

    @property
    def distinct_users(self) -> StudentScores:
        """The whole batch with one row per user."""
        return WeighedScores(self.inner.distinct_users, self.weights)

    @property
    def embeddings(self) -> StudentEmbeddings:
        """The student's embeddings."""
        return self.inner.embeddings
