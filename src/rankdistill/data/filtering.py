"""Leaving out low ratings, and then the users and items that no pair is left of."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from rankdistill.data.interactions import Interactions, Labels

logger = logging.getLogger(__name__)


def keep_rated(interactions: Interactions, min_rating: float | None, source: str) -> Interactions:
    """Drop the pairs rated below ``min_rating``; users, items and their ids stay.

    Args:
        interactions: With ratings, where there is a ``min_rating``.
        min_rating: The lowest rating that is kept; None keeps all.
        source: What messages call the interactions.

    Raises:
        ValueError: If nothing would be left.
    """
    if min_rating is None:
        return interactions
    ratings = interactions.ratings
    assert ratings is not None, "min_rating needs ratings"
    mask = ratings >= min_rating
    kept = int(mask.sum())
    if kept == len(mask):
        return interactions
    if kept == 0:
        raise ValueError(
            f"min_rating={min_rating:g} leaves nothing of {source}: its ratings go from "
            f"{float(ratings.min()):g} to {float(ratings.max()):g}."
        )
    logger.info(
        "%s: %d of %d interactions are rated below %g and left out.",
        source,
        len(mask) - kept,
        len(mask),
        min_rating,
    )
    return interactions.select(mask)


def drop_absent(parts: Sequence[Interactions]) -> list[Interactions]:
    """Drop the users and items that occur in none of the parts, and close the gaps in the ids.

    Args:
        parts: Of the same users and items; the order of both is kept.
    """
    first = parts[0]
    users = torch.zeros(first.num_users, dtype=torch.bool)
    items = torch.zeros(first.num_items, dtype=torch.bool)
    for part in parts:
        users |= part.counts > 0
        items[part.item_ids] = True
    if bool(users.all()) and bool(items.all()):
        return list(parts)
    new_item_ids = items.cumsum(0) - 1
    return [
        replace(
            part,
            offsets=torch.cat([part.offsets[:1], part.counts[users].cumsum(0)]),
            item_ids=new_item_ids[part.item_ids],
            num_items=int(items.sum()),
            labels=_select_labels(part.labels, users.numpy(), items.numpy()),
        )
        for part in parts
    ]


def _select_labels(labels: Labels | None, users: np.ndarray, items: np.ndarray) -> Labels | None:
    if labels is None:
        return None
    titles = None if labels.titles is None else labels.titles[items]
    genres = None if labels.genres is None else labels.genres[items]
    traits = None if labels.traits is None else labels.traits.select(users)
    return Labels(labels.users[users], labels.items[items], titles, genres, traits)
