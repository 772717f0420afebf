"""Inputs of both rankers that describe a user: traits, habits, and the items of the history."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rankdistill.cascade.data.features import RECENT, RequestFeatures, UserFeatures
from rankdistill.cascade.data.vocabulary import Vocabulary
from rankdistill.kernels.bags import mixed_rows

HISTORY_MEANS = 3
"""How many means ``history_means`` makes of a history."""


class UserTraitsInput(nn.Module):
    """Joins dense features and embeddings of categories.

    Args:
        vocabulary: Kinds and sizes of the features.
    """

    def __init__(self, vocabulary: Vocabulary):
        super().__init__()
        self.categories = nn.ModuleList(
            nn.Embedding(size, dim) for size, dim in vocabulary.categories
        )
        self.width = vocabulary.num_dense + sum(dim for _, dim in vocabulary.categories)

    def forward(self, users: UserFeatures) -> Tensor:
        """(requests, width)."""
        columns = zip(self.categories, users.categories.unbind(1), strict=True)
        return torch.cat([users.dense, *(table(column) for table, column in columns)], dim=1)


def history_means(users: RequestFeatures, table: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Average the item embeddings of histories.

    Args:
        users: (requests, history) items and ratings.
        table: (num_items, dim) embeddings.

    Returns:
        Three of (requests, dim), zero without a history: the mean of all items, their mean
        weighted by how much better than usual they were rated, and the mean of the last
        ``RECENT``.
    """
    there = (users.history_ratings > 0).to(table.dtype)
    liking = (users.history_ratings - users.mean_ratings[:, None]) * there
    counts = there.sum(1, keepdim=True).clamp(min=1)
    recent = there * (torch.arange(there.shape[1], device=there.device) < RECENT)
    recent_counts = recent.sum(1, keepdim=True).clamp(min=1)
    weights = torch.stack([there / counts, liking / counts, recent / recent_counts], dim=1)
    all_items, liked, last = mixed_rows(table, users.history_items, weights).unbind(1)
    return all_items, liked, last


def layers(width: int, hidden: list[int]) -> nn.Sequential:
    """Linear layers of the sizes ``hidden``, each with a rectifier."""
    stack: list[nn.Module] = []
    for size in hidden:
        stack += [nn.Linear(width, size), nn.ReLU()]
        width = size
    return nn.Sequential(*stack)
