"""Interactions of a stack: every job has users of its own, and all share the items."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions
from rankdistill.kernels.placement import starts_slowly

_SCORES = 2**26  # in a block that is ranked, 256 MiB


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


def users_at_once(user_block: int, train: Interactions, jobs: int) -> int:
    """Choose how many users of a stack are ranked at once.

    A GPU takes all users of several jobs, within bounds of memory: it waits less often for the
    program. On a CPU smaller blocks stay in the cache.

    Args:
        user_block: Users that a model alone would rank at once.
        train: Training interactions of one job, on the device that ranks.
        jobs: How many there are.
    """
    if not starts_slowly(train.item_ids.device):
        return user_block
    at_once = max(user_block, _SCORES // train.num_items)
    whole_jobs = min(jobs, at_once // train.num_users)
    return whole_jobs * train.num_users if whole_jobs else at_once


def jobs_ranked_at_once(user_block: int, train: Interactions, jobs: int) -> int:
    """Choose of how many jobs a block of users is ranked at once, as ``users_at_once`` does."""
    if not starts_slowly(train.item_ids.device):
        return 1
    return max(1, min(jobs, _SCORES // (train.num_items * user_block)))
