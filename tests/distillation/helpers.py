"""Stand-ins for teacher and student whose scores are a given matrix."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rankdistill.data.interactions import Interactions
from rankdistill.histories.contexts import Contexts


class FixedScores(nn.Module):
    """A network whose scores are the rows of a (num_users, num_items) matrix."""

    def __init__(self, rows: Tensor):
        super().__init__()
        self.rows = rows

    def score_rows(self, contexts: Contexts) -> Tensor:
        return self.rows[contexts.user_ids].clone()


class StudentOf:
    """The scores of one batch, read off the same matrix."""

    def __init__(self, rows: Tensor, user_ids: Tensor, positive_items: Tensor | None = None):
        self._rows = rows
        self.backbone = FixedScores(rows)
        self.contexts = Contexts(user_ids)
        self.positive_items = positive_items
        self.shares = torch.full(user_ids.shape, 1.0 / len(user_ids))

    @property
    def distinct_users(self) -> StudentOf:
        return self

    def of_items(self, item_ids: Tensor) -> Tensor:
        return self._rows[self.contexts.user_ids].gather(1, item_ids)

    def rows(self) -> Tensor:
        return self._rows[self.contexts.user_ids]


def some_interactions(num_users: int, num_items: int) -> Interactions:
    """User u has seen items 0 .. u % 4 - 1: a different number of items for different users."""
    return first_items_seen([u % 4 for u in range(num_users)], num_items)


def interactions_with_a_robot(num_users: int, num_items: int) -> Interactions:
    """Those of ``some_interactions``, but the last user has seen everything."""
    return first_items_seen([*(u % 4 for u in range(num_users - 1)), num_items], num_items)


def first_items_seen(counts: Sequence[int], num_items: int) -> Interactions:
    """Every user has seen the first so many items."""
    pairs = [(user, item) for user, count in enumerate(counts) for item in range(count)]
    user_ids, item_ids = torch.tensor(pairs).T
    return Interactions.from_pairs(user_ids, item_ids, len(counts), num_items)
