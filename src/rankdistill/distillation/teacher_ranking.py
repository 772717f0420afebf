"""The teacher's ranking: its best items per user."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions
from rankdistill.distillation.interface import ScoreRows
from rankdistill.distillation.teacher_scores import finite_scores


def check_length(
    train: Interactions, top_k: int, exclude_seen: bool = True, setting: str = "top_k"
) -> None:
    """Raise a ValueError that names the setting if a user has too few items left to rank."""
    available = train.num_items - (int(train.counts.max()) if exclude_seen else 0)
    if not 1 <= top_k <= available:
        left = " that the user has not seen" if exclude_seen else ""
        raise ValueError(
            f"{setting} must lie between 1 and {available}, the fewest items{left}; got {top_k}."
        )


@torch.no_grad()
def best_items(
    score_rows: ScoreRows,
    train: Interactions,
    top_k: int,
    user_block: int,
    exclude_seen: bool = True,
) -> Tensor:
    """Rank the catalogue for every user and keep the head.

    Args:
        score_rows: The teacher.
        train: Training interactions, on the teacher's device.
        top_k: Length K of the ranking.
        user_block: Users scored at once.
        exclude_seen: Leave out the user's training items.

    Returns:
        (num_users, top_k) int64 item ids, best first.

    Raises:
        ValueError: If some user has fewer than ``top_k`` items left to rank.
        FloatingPointError: If the teacher's scores are not finite.
    """
    check_length(train, top_k, exclude_seen)
    users = torch.arange(train.num_users, device=train.item_ids.device)
    ranking = torch.empty(train.num_users, top_k, dtype=torch.int64, device=users.device)
    for user_ids in users.split(user_block):
        scores = finite_scores(score_rows, user_ids)
        if exclude_seen:
            scores[train.pairs_of(user_ids)] = -torch.inf
        ranking[user_ids] = scores.topk(top_k, dim=1).indices
    return ranking


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
