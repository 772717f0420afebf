"""Whom a teacher's ranked lists teach, and how much each list weighs in a distillation loss."""

from __future__ import annotations

import logging
from typing import NamedTuple

import torch
from torch import Tensor

from rankdistill.backbones.listed import Listed
from rankdistill.data.interactions import Interactions

logger = logging.getLogger(__name__)

_SHORTER = 0.01  # share of the users with a list who may have a shorter one than methods read


class TaughtUsers(NamedTuple):
    """What a distilled student takes from lists beside their order and scores.

    Attributes:
        weights: (num_users,) float32, the weight of each user in a distillation loss.
        shortest_list: Unseen items on the list of every user who weighs anything, at least.
    """

    weights: Tensor
    shortest_list: int


def taught_users(teacher: Listed, train: Interactions) -> TaughtUsers:
    """Weigh users by the confidence in their lists.

    A user without an unseen item on the list teaches nothing. One user of a hundred, and at least
    one, may have fewer than the others: methods do not read shorter lists because of them, and they
    teach nothing either. The weight of user u is c_u over the mean of c, both over the users who
    teach something, with c_u the confidence in the list.

    Args:
        teacher: The lists, on the device of the interactions.
        train: The training interactions.

    Raises:
        ValueError: If the lists teach nobody.
    """
    lengths = num_unseen(teacher, train)
    confident = (lengths > 0) & (teacher.confidences > 0)
    if not bool(confident.any()):
        raise ValueError(
            "The teacher's lists hold nothing that a user has not seen in training, in whose list "
            "there is confidence above 0: nothing is left to teach."
        )
    ordered = lengths[confident].sort().values
    shorter = min(max(1, int(_SHORTER * len(ordered))), len(ordered) - 1)
    shortest = int(ordered[shorter])
    taught = confident & (lengths >= shortest)
    weights = teacher.confidences * taught
    logger.info(
        "The teacher's lists teach %s of %s users, %s items at least.",
        f"{int(taught.sum()):,}",
        f"{train.num_users:,}",
        f"{shortest:,}",
    )
    return TaughtUsers(weights / weights[taught].mean(), shortest)


def num_unseen(teacher: Listed, train: Interactions) -> Tensor:
    """Count the items on each list that the user has not seen in training: (num_users,) int64."""
    lengths = teacher.offsets.diff()
    users = torch.arange(len(lengths), device=lengths.device).repeat_interleave(lengths)
    pairs = users * train.num_items + teacher.item_ids
    places = torch.searchsorted(train.keys, pairs).clamp_max(max(train.num_interactions - 1, 0))
    unseen = train.keys[places] != pairs
    return torch.bincount(users[unseen], minlength=len(lengths))
