"""The student's view of a batch, in which some users weigh more than others."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from rankdistill.distillation.interface import StudentEmbeddings, StudentScores
from rankdistill.histories.contexts import Contexts


class WeighedScores:
    """A view whose shares are multiplied by weights.

    Args:
        inner: The view without such weights.
        weigh: From (batch,) contexts to (batch,) weights.
    """

    def __init__(self, inner: StudentScores, weigh: Callable[[Contexts], Tensor]):
        self.inner = inner
        self.weigh = weigh
        self.contexts = inner.contexts
        self.training_items = inner.training_items
        self.positive_items = inner.positive_items

    @property
    def shares(self) -> Tensor:
        """(batch,) the weight of each row in a sum over the batch."""
        return self.inner.shares * self.weigh(self.contexts)

    def of_items(self, item_ids: Tensor) -> Tensor:
        """(batch, n) item ids to (batch, n) raw scores."""
        return self.inner.of_items(item_ids)

    def of_shared(self, item_ids: Tensor) -> Tensor:
        """(n,) item ids to (batch, n) raw scores."""
        return self.inner.of_shared(item_ids)

    def rows(self) -> Tensor:
        """(batch, num_items) raw scores."""
        return self.inner.rows()

    def columns(self, item_ids: Tensor) -> Tensor:
        """(n,) item ids to (n, num_users) raw scores."""
        return self.inner.columns(item_ids)

    @property
    def per_user(self) -> StudentScores:
        """The batch, or a sample of it, with one row per user."""
        return WeighedScores(self.inner.per_user, self.weigh)

    @property
    def distinct_users(self) -> StudentScores:
        """The whole batch with one row per user."""
        return WeighedScores(self.inner.distinct_users, self.weigh)

    @property
    def embeddings(self) -> StudentEmbeddings:
        """The student's embeddings."""
        return self.inner.embeddings
