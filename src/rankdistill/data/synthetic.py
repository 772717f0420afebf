"""Made-up interactions with low-rank tastes, popular items and busy users: the offline set."""

from __future__ import annotations

import math

import numpy as np
import torch

from rankdistill.data.interactions import Interactions, Labels
from rankdistill.data.synthetic_tastes import Tastes, draw_items

MIN_ITEMS_PER_USER = 5
_ACTIVITY_SPREAD = 1.0  # of the logarithm of a user's activity; about that of MovieLens
_FIRST_SECOND = 1_420_070_400  # 2015-01-01
_SECONDS = 5 * 365 * 86_400
_PAIRS_AT_ONCE = 1 << 20


class Synthetic:
    """A seeded generator of interactions.

    Every user has a taste and every item a place, both in one space of ``rank`` dimensions. A user
    meets items by their popularity and takes those that match, each at most once. The number of
    items differs between users as widely as in MovieLens: at least 5, at most half of the
    catalogue. Ratings (1 to 5) follow the match. Times are spread from a user's first day on.

    Args:
        num_users: Number of users.
        num_items: Size of the catalogue.
        num_interactions: Number of pairs, exactly.
        rank: Dimensions of taste.
        popularity_exponent: The item of popularity rank r is met in proportion to 1 / r to this
            power; 0 makes all equally popular.
        temperature: How blurred taste is. Near 0 a user takes all items that match and no others;
            at large values popularity alone decides.
        seed: Decides every draw.
    """

    name = "synthetic"

    def __init__(
        self,
        num_users: int,
        num_items: int,
        num_interactions: int,
        rank: int,
        popularity_exponent: float,
        temperature: float,
        seed: int,
    ) -> None:
        for name, value in (("num_users", num_users), ("rank", rank)):
            if value < 1:
                raise ValueError(f"{name} must be positive, got {value}.")
        if num_items < 2 * MIN_ITEMS_PER_USER:
            raise ValueError(
                f"num_items must be at least {2 * MIN_ITEMS_PER_USER}, got {num_items}."
            )
        fewest, most = num_users * MIN_ITEMS_PER_USER, num_users * (num_items // 2)
        if not fewest <= num_interactions <= most:
            raise ValueError(
                f"num_interactions must lie between {fewest} ({MIN_ITEMS_PER_USER} a user) and "
                f"{most} (half of the catalogue a user), got {num_interactions}."
            )
        if not 0 <= popularity_exponent <= 4:
            raise ValueError(f"popularity_exponent must lie in [0, 4], got {popularity_exponent}.")
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
        generator = np.random.Generator(np.random.SFC64(self.seed))
        user_factors = generator.standard_normal((self.num_users, self.rank), dtype=np.float32)
        tastes = Tastes(
            user_factors / np.linalg.norm(user_factors, axis=1, keepdims=True),
            generator.standard_normal((self.num_items, self.rank), dtype=np.float32),
            self.popularity_exponent,
            self.temperature,
        )
        counts = share_out(self.num_users, self.num_items, self.num_interactions, generator)
        items = draw_items(tastes, counts, generator)
        users = np.repeat(np.arange(self.num_users), counts)
        item_of_rank = generator.permutation(self.num_items)
        joined = 0.9 * generator.random(self.num_users)
        start = np.repeat(joined, counts)
        passed = start + (1 - start) * generator.random(len(users))
        return Interactions.from_pairs(
            torch.from_numpy(users),
            torch.from_numpy(item_of_rank[items]),
            num_users=self.num_users,
            num_items=self.num_items,
            ratings=torch.from_numpy(_rate(tastes, users, items, generator)),
            timestamps=torch.from_numpy(_FIRST_SECOND + (passed * _SECONDS).astype(np.int64)),
            labels=Labels(
                users=_names("u{}", self.num_users),
                items=_names("i{}", self.num_items),
                titles=_names("Synthetic item {}", self.num_items),
            ),
        )


def share_out(
    num_users: int, num_items: int, num_interactions: int, generator: np.random.Generator
) -> np.ndarray:
    """Share interactions out between users by a log-normal law, within bounds.

    Returns:
        (num_users,) int64 from MIN_ITEMS_PER_USER to half of the catalogue; sums to
        ``num_interactions``.
    """
    activity = _ACTIVITY_SPREAD * generator.standard_normal(num_users)
    most = num_items // 2
    low, high = -activity.max() - 1, math.log(most) - activity.min() + 1
    for _ in range(80):  # the logarithm of the scale, by bisection
        middle = (low + high) / 2
        too_many = _shares(activity + middle, most).sum() > num_interactions
        low, high = (low, middle) if too_many else (middle, high)
    shares = _shares(activity + low, most)
    counts = shares.astype(np.int64)
    missing = num_interactions - int(counts.sum())
    fractions = np.where(counts < most, shares - counts, -1.0)
    counts[np.argsort(-fractions, kind="stable")[:missing]] += 1
    return counts


def _shares(log_activity: np.ndarray, most: int) -> np.ndarray:
    return np.exp(log_activity).clip(MIN_ITEMS_PER_USER, most)


def _rate(
    tastes: Tastes, users: np.ndarray, items: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Rate pairs by their match and some noise: (n,) float32."""
    ratings = np.empty(len(users), dtype=np.float32)
    for start in range(0, len(users), _PAIRS_AT_ONCE):
        chunk = slice(start, start + _PAIRS_AT_ONCE)
        match = tastes.match(users[chunk], items[chunk])
        noise = 0.75 * generator.standard_normal(len(match), dtype=np.float32)
        ratings[chunk] = (2.5 + match + noise).round().clip(1, 5)
    return ratings


def _names(pattern: str, number: int) -> np.ndarray:
    return np.array([pattern.format(index) for index in range(number)], dtype=object)
