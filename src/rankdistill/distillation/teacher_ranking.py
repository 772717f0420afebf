"""The teacher's ranking: its best items per user."""

from __future__ import annotations

import logging

import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions
from rankdistill.distillation.interface import DistillationContext, ScoreRows
from rankdistill.distillation.teacher_scores import finite_scores
from rankdistill.histories.contexts import Contexts

logger = logging.getLogger(__name__)

_FULL_USERS = 0.01  # share of the users who may have fewer items left than are ranked


def longest_ranking(train: Interactions, exclude_seen: bool = True) -> int:
    """How many items can be ranked for users; 0 where all have seen everything.

    Where seen items are left out, that is the fewest that a user has left. The one user in a
    hundred, and at least one, who has the fewest does not count: a robot that has seen the
    catalogue must not shorten the rankings of all.
    """
    if not exclude_seen:
        return train.num_items
    left = (train.num_items - train.counts).sort().values
    not_counted = min(max(1, int(_FULL_USERS * len(left))), len(left) - 1)
    return _fewest(left[not_counted:])


def longest_taught(
    context: DistillationContext, exclude_seen: bool = True, left_over: int = 0
) -> int:
    """How many items of a user the teacher ranks, as ``longest_ranking`` counts them.

    Args:
        context: The teacher and the training interactions.
        exclude_seen: Leave out the user's training items.
        left_over: Items of the catalogue that a ranking must leave over.
    """
    longest = longest_ranking(context.train, exclude_seen) - left_over
    return longest if context.shortest_list is None else min(longest, context.shortest_list)


def _fewest(left: Tensor) -> int:
    """The smallest number of items left above 0; 0 where there is none."""
    return int(some.min()) if len(some := left[left > 0]) else 0


def check_rankable(train: Interactions, needed: int = 1, exclude_seen: bool = True) -> None:
    """Raise a ValueError if the longest ranking has fewer items than are needed."""
    if (longest := longest_ranking(train, exclude_seen)) < needed:
        left = " that a user has not seen" if exclude_seen else ""
        raise ValueError(
            f"At least {needed} of the items{left} must be ranked, and only {longest} can be: hold "
            "more out, or use another method."
        )


def cut_length(setting: str, wanted: int, longest: int) -> int:
    """The length that a setting asks for, or the longest there is, which is then told."""
    if wanted > longest:
        logger.warning(
            "%s is cut from %d to %d: no more are ranked for nearly all users.",
            setting,
            wanted,
            longest,
        )
    return min(wanted, longest)


@torch.no_grad()
def best_items(
    score_rows: ScoreRows,
    train: Interactions,
    top_k: int,
    user_block: int,
    exclude_seen: bool = True,
) -> Tensor:
    """Rank the catalogue for every user and keep the head.

    Where seen items are left out, those of a user with too few others stand below these.

    Args:
        score_rows: The teacher.
        train: Training interactions, on the teacher's device.
        top_k: Length K of the ranking.
        user_block: Users scored at once.
        exclude_seen: Leave out the user's training items.

    Returns:
        (num_users, top_k) int64 item ids, best first.

    Raises:
        ValueError: If ``top_k`` is more than ``longest_ranking``.
        FloatingPointError: If the teacher's scores are not finite.
    """
    if not 1 <= top_k <= (longest := longest_ranking(train, exclude_seen)):
        left = " that the user has not seen" if exclude_seen else ""
        raise ValueError(
            f"top_k must lie between 1 and {longest}, the fewest items{left}; got {top_k}."
        )
    users = torch.arange(train.num_users, device=train.item_ids.device)
    ranking = torch.empty(train.num_users, top_k, dtype=torch.int64, device=users.device)
    for user_ids in users.split(user_block):
        scores = finite_scores(score_rows, Contexts(user_ids))
        if exclude_seen:
            put_seen_below(scores, train, user_ids, top_k)
        ranking[user_ids] = scores.topk(top_k, dim=1).indices
    return ranking


def put_seen_below(scores: Tensor, train: Interactions, user_ids: Tensor, top_k: int) -> None:
    """Lower the scores of seen items, in place, so that all unseen items stand above them.

    Args:
        scores: (batch, num_items) finite scores.
        train: The interactions that were seen.
        user_ids: (batch,) the user of each row.
        top_k: Length of the ranking to be taken. Where every user has so many unseen items, the
            seen ones get -inf; else they keep their order.
    """
    seen = train.pairs_of(user_ids)
    below = -torch.inf
    if bool((train.counts[user_ids] > train.num_items - top_k).any()):
        below = scores[seen] - (scores.max() - scores.min() + 1)
    scores[seen] = below


def unseen_places(train: Interactions, user_ids: Tensor, length: int) -> Tensor:
    """(batch,) users to (batch, length) bool: which places of their rankings hold unseen items.

    Those come first; where a user has too few of them, seen ones fill the rest.
    """
    places = torch.arange(length, device=user_ids.device)
    return places < (train.num_items - train.counts[user_ids])[:, None]


def without_target(ranking: Tensor, target_items: Tensor) -> Tensor:
    """Which K positions of a ranking of K + 1 remain when one item is struck out.

    Args:
        ranking: (batch, K + 1) item ids.
        target_items: (batch,) the item to remove; where it does not occur, the last one goes.

    Returns:
        (batch, K) int64 positions into the ranking, ascending.
    """
    is_target = ranking == target_items[:, None]
    struck = torch.where(is_target.any(1), is_target.int().argmax(1), ranking.shape[1] - 1)
    positions = torch.arange(ranking.shape[1] - 1, device=ranking.device)
    return positions + (positions >= struck[:, None])
