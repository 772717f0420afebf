"""What users did with what they were shown: a binary label per task."""

from __future__ import annotations

import torch
from torch import Tensor

THRESHOLDS = {"watch": 0.0, "like": 4.0, "share": 5.0}
"""Of a task, the rating that it takes: watched is whatever was rated."""

TASKS = tuple(THRESHOLDS)


def user_labels(ratings: Tensor) -> Tensor:
    """Labels of impressions.

    Args:
        ratings: (n,) stars; 0 where the user did not rate the item.

    Returns:
        (n, len(TASKS)) float32 of zeros and ones.
    """
    return torch.stack([relevant(ratings, task) for task in TASKS], dim=1).float()


def relevant(ratings: Tensor, task: str = "watch") -> Tensor:
    """What counts as a hit of a ranking: what the user did by a task; bool, of any shape."""
    return (ratings > 0) & (ratings >= THRESHOLDS[task])
