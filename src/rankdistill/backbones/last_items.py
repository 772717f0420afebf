"""The last items that some contexts read, as windows of one length."""

from __future__ import annotations

import torch
from torch import Tensor

NOTHING = -1
"""Stands in a window where a history does not reach."""


def last_items(
    offsets: Tensor, items: Tensor, user_ids: Tensor, ends: Tensor, length: int
) -> Tensor:
    """Cut windows out of histories.

    Args:
        offsets: (num_users + 1,) int64; user u has ``items[offsets[u]:offsets[u + 1]]``.
        items: (num_interactions,) int64, each user's in order.
        user_ids: (batch,) int64.
        ends: (batch,) int64, how many of the user's items a context reads.
        length: Items in a window.

    Returns:
        (batch, length) int64, the latest item last, NOTHING in front of a history's first item.
    """
    steps = torch.arange(-length, 0, device=items.device)
    places = ends.unsqueeze(1) + steps
    if len(items) == 0:
        return torch.full_like(places, NOTHING)
    at = (offsets.index_select(0, user_ids).unsqueeze(1) + places).clamp_min_(0)
    found = items.index_select(0, at.view(-1)).view_as(places)
    return torch.where(places >= 0, found, NOTHING)
