"""Made-up interactions with low-rank tastes, popular items and busy users: the offline set."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions, Labels
from rankdistill.data.synthetic_tastes import Tastes, draw_items

MIN_ITEMS_PER_USER = 5
_ACTIVITY_SPREAD = 1.0  # of the logarithm of a user's activity; about that of MovieLens
_FIRST_SECOND = 1_420_070_400  # 2015-01-01
_SECONDS = 5 * 365 * 86_400


class Synthetic:
    """A seeded generator of interactions.

    Every user has a taste and every item a place in the same space of ``rank`` dimensions; a user
    comes across items by their popularity and takes those that match, each at most once. How many
    differs between users as widely as in MovieLens; none has fewer than 5 or more than half of the
    catalogue. Ratings (1 to 5) follow the match; times are spread from a user's first day on.

    Args:
        num_users: Number of users.
        num_items: Size of the catalogue.
        num_interactions: Number of pairs, exactly.
        rank: Dimensions of taste.
        popularity_exponent: The item of popularity rank r is met in proportion to 1 / r to this
            power; 0 makes all alike.
        temperature: How blurred taste is: near 0 a user takes all that matches and nothing else,
            and large values leave popularity alone.
        seed: The same seed gives the same interactions.
    """

    name = "synthetic"

    def __init__(
        self,
        num_users: int = 1000,
        num_items: int = 1500,
        num_interactions: int = 60_000,
        rank: int = 8,
        popularity_exponent: float = 0.8,
        temperature: float = 0.25,
        seed: int = 0,
    ) -> None:
        for name, value in (("num_users", num_users), ("rank", rank)):
            if value < 1:
                raise ValueError(f"{name} must be positive, got {value}.")
        if num_items < 2 * MIN_ITEMS_PER_USER:
            raise ValueError(f"num_items must be at least {2 * MIN_ITEMS_PER_USER}, got {num_items}.")
        fewest, most = num_users * MIN_ITEMS_PER_USER, num_users * (num_items // 2)
        if not fewest <= num_interactions <= most:
            raise ValueError(
                f"num_interactions must lie between {fewest} ({MIN_ITEMS_PER_USER} a user) and "
                f"{most} (half of the catalogue a user), got {num_interactions}."
            )
        if not 0 <= popularity_exponent < math.inf:
            raise ValueError(f"popularity_exponent must not be negative, got {popularity_exponent}.")
        if not 0 < temperature < math.inf:
            raise ValueError(f"temperature must be positive, got {temperature}.")
        self.num_users = num_users
        self.num_items = num_items
        self.num_interactions = num_interactions
        self.rank = rank
        self.popularity_exponent = popularity_exponent
        self.temperature = temperature
        self.seed = seed

    def load(self) -> Interactions:
        """Generate the interactions, with ratings, timestamps and labels."""
        generator = torch.Generator().manual_seed(self.seed)
        tastes = Tastes.draw(
            self.num_users,
            self.num_items,
            self.rank,
            self.popularity_exponent,
            self.temperature,
            generator,
        )
        counts = activity(self.num_users, self.num_items, self.num_interactions, generator)
        item_ids, matches = draw_items(tastes, counts, generator)
        noise = torch.randn(len(matches), generator=generator)
        joined = torch.rand(self.num_users, generator=generator, dtype=torch.float64) * 0.9
        passed = torch.rand(len(matches), generator=generator, dtype=torch.float64)
        start = joined.repeat_interleave(counts)
        return Interactions(
            offsets=torch.cat([counts.new_zeros(1), counts.cumsum(0)]),
            item_ids=item_ids,
            num_items=self.num_items,
            ratings=(2.5 + 1.25 * matches + 0.75 * noise).round().clamp(1, 5),
            timestamps=_FIRST_SECOND + ((start + (1 - start) * passed) * _SECONDS).long(),
            labels=Labels(
                users=_names("u{}", self.num_users),
                items=_names("i{}", self.num_items),
                titles=_names("Synthetic item {}", self.num_items),
            ),
        )


def activity(
    num_users: int, num_items: int, num_interactions: int, generator: torch.Generator
) -> Tensor:
    """Share interactions out between users: log-normal, within bounds, and of the exact sum.

    Returns:
        (num_users,) int64 from MIN_ITEMS_PER_USER to half of the catalogue.
    """
    spread = torch.randn(num_users, generator=generator, dtype=torch.float64) * _ACTIVITY_SPREAD
    most = num_items // 2
    low, high = -spread.max() - 1.0, math.log(most) - spread.min() + 1.0
    for _ in range(80):  # the logarithm of the scale, by bisection
        middle = (low + high) / 2
        shares = (spread + middle).exp().clamp(MIN_ITEMS_PER_USER, most)
        low, high = (low, middle) if shares.sum() > num_interactions else (middle, high)
    shares = (spread + low).exp().clamp(MIN_ITEMS_PER_USER, most)
    counts = shares.long()
    missing = num_interactions - int(counts.sum())
    by_fraction = torch.where(counts < most, shares - counts, -1.0).argsort(descending=True)
    counts[by_fraction[:missing]] += 1
    return counts


def _names(pattern: str, number: int) -> np.ndarray:
    return np.array([pattern.format(index) for index in range(number)], dtype=object)
