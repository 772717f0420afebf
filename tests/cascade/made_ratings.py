"""Made-up ratings through time, and a small cascade's data from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.data.features import UserCategories
from rankdistill.cascade.data.item_traits import ItemTraits
from rankdistill.cascade.data.requests import cut_requests
from rankdistill.data.interactions import Interactions
from rankdistill.data.splits import TemporalSplit

HOUR = 3600

Rating = tuple[int, int, float, int]
"""(user, item, stars, second)"""


def random_rows(
    num_users: int = 8, num_items: int = 30, num_ratings: int = 140, days: int = 12, seed: int = 0
) -> list[Rating]:
    """Different pairs; many ratings share a second, and visits last hours."""
    draw = np.random.default_rng(seed)
    pairs = draw.choice(num_users * num_items, num_ratings, replace=False)
    visits = draw.integers(0, days * 24, (num_users, 6)) * HOUR
    rows = []
    for pair in pairs.tolist():
        user, item = divmod(pair, num_items)
        second = int(visits[user, draw.integers(6)]) + int(draw.integers(4)) * 20
        rows.append((user, item, float(draw.integers(1, 6)), second))
    return rows


def interactions_of(
    rows: Sequence[Rating], num_users: int | None = None, num_items: int | None = None
) -> Interactions:
    """All of them, with ratings and timestamps."""
    users, items, stars, seconds = zip(*rows, strict=True)
    return Interactions.from_pairs(
        torch.tensor(users),
        torch.tensor(items),
        num_users or max(users) + 1,
        num_items or max(items) + 1,
        torch.tensor(stars, dtype=torch.float32),
        torch.tensor(seconds),
    )


def parts_of(rows: Sequence[Rating], share: float = 0.2, **sizes: int) -> tuple[Interactions, ...]:
    """Training, validation and test by time; ``share`` is that of each of the last two."""
    splitter = TemporalSplit(validation=share, test=share, ties="random")
    return splitter(interactions_of(rows, **sizes), torch.Generator()).parts


def traits_of(num_items: int, seed: int = 0) -> ItemTraits:
    """Up to three genres each, and years, some not known."""
    draw = np.random.default_rng(seed)
    genres = ["|".join(sorted(set(draw.choice(list("abcd"), 3)))) for _ in range(num_items)]
    years = draw.integers(1940, 2000, num_items) * (draw.random(num_items) < 0.9)
    return ItemTraits.of(genres, years)


def categories_of(num_users: int, seed: int = 0) -> UserCategories:
    """Ages, two genders, three occupations."""
    draw = np.random.default_rng(seed)
    return UserCategories.of(
        draw.integers(10, 70, num_users),
        draw.choice(["F", "M"], num_users),
        draw.choice(["artist", "baker", "writer"], num_users),
    )


def cascade_data(
    rows: Sequence[Rating] | None = None, page: int = 4, passed_by: int = 5, seed: int = 0
) -> CascadeData:
    """Everything of a cascade on made-up ratings."""
    parts = parts_of(random_rows() if rows is None else rows)
    return CascadeData.of(
        cut_requests(parts, page, visit_gap=6.0),
        traits_of(parts[0].num_items),
        categories_of(parts[0].num_users),
        history=12,
        passed_by=passed_by,
        generator=torch.Generator().manual_seed(seed),
    )
