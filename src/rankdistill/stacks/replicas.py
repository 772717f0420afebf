"""Interactions of a stack: every job has users of its own, and all share the items."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions


def replicated(interactions: Interactions, copies: int) -> Interactions:
    """Repeat all users; user u of copy j is number ``j * num_users + u``.

    Args:
        interactions: What the copies are made of.
        copies: How many, at least 1.

    Returns:
        The pairs, and the weights where there are any, of ``copies * num_users`` users.
    """
    each = interactions.num_interactions
    starts = torch.arange(copies, device=interactions.offsets.device) * each
    offsets = (starts[:, None] + interactions.offsets[:-1]).flatten()
    last = interactions.offsets.new_tensor([copies * each])
    weights = interactions.weights
    return replace(
        interactions,
        offsets=torch.cat([offsets, last]),
        item_ids=interactions.item_ids.repeat(copies),
        weights=None if weights is None else weights.repeat(copies),
        ratings=None,
        timestamps=None,
        file_rows=None,
        labels=None,
    )


def job_of(user_ids: Tensor, num_users: int) -> Tensor:
    """Find the job that users of a stack belong to: int64 of the shape of ``user_ids``."""
    return user_ids.div(num_users, rounding_mode="floor")
