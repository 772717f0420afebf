"""What users did with what they were shown: a binary label per task."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.cascade.data.tasks import TASKS, THRESHOLDS


def user_labels(ratings: Tensor) -> Tensor:
    """Label impressions by their ratings.

    Args:
        ratings: (n,) stars; 0 where the user did not rate the item.

    Returns:
        (n, len(TASKS)) float32 of zeros and ones.
    """
    return torch.stack([relevant(ratings, task) for task in TASKS], dim=1).float()


def relevant(ratings: Tensor, task: str = "watch") -> Tensor:
    """Which ratings count as hits for a task: bool, in the shape of the ratings."""
    return (ratings > 0) & (ratings >= THRESHOLDS[task])
