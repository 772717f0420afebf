"""Draw items without replacement by popularity and taste, in bounded memory.

NumPy rather than torch: on a CPU its generators, sorts and row gathers are several times faster.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

_PICKINESS = 1.0  # a match above this is taken more often than not: one item in six
_EXPECTED_ACCEPTANCE = 0.15
_DRAWS_PER_BLOCK = 1 << 17  # so that a block's arrays stay in the processor's caches
_SCORES_PER_BLOCK = 1 << 23
_ROUNDS = 6
_ALMOST_ZERO = 1e-6


@dataclass(frozen=True, eq=False)
class Tastes:
    """User u takes item i with weight ``popularity[i] * sigmoid((match(u, i) - 1) / temperature)``.

    Items are numbered by popularity here, the most popular first.

    Attributes:
        user_factors: (num_users, rank) float32, rows of length one.
        item_factors: (num_items, rank) float32, normal, so that a match, their dot product with a
            user, is normal as well.
        exponent: Exponent of the power law of popularity.
        temperature: Temperature of the sigmoid.
    """

    user_factors: np.ndarray
    item_factors: np.ndarray
    exponent: float
    temperature: float

    @property
    def num_items(self) -> int:
        """Size of the catalogue."""
        return len(self.item_factors)

    def popular_items(self, number: int, generator: np.random.Generator) -> np.ndarray:
        """Draw (number,) items by popularity alone, by the inverse of its distribution function."""
        uniform = generator.random(number, dtype=np.float32)
        power = 1.0 - self.exponent
        if abs(power) < _ALMOST_ZERO:
            position = np.power(np.float32(self.num_items + 1), uniform)
        else:
            span = np.float32((self.num_items + 1) ** power - 1)
            position = np.power(1 + uniform * span, np.float32(1 / power))
        return np.clip(position.astype(np.int64) - 1, 0, self.num_items - 1)

    def log_popularity(self) -> np.ndarray:
        """Compute the logarithm of the weight of each item in ``popular_items``: (num_items,)."""
        edges = np.arange(1, self.num_items + 2, dtype=np.float64)
        power = 1.0 - self.exponent
        levels = np.log(edges) if abs(power) < _ALMOST_ZERO else edges**power
        return np.log(np.abs(np.diff(levels))).astype(np.float32)

    def match(self, user_ids: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Compute how well items suit users, pair by pair: (n,)."""
        users = self.user_factors.take(user_ids, axis=0, mode="clip")  # clip: no check per row
        return np.einsum("nr,nr->n", users, self.item_factors.take(items, axis=0, mode="clip"))

    def log_eagerness(self, match: np.ndarray) -> np.ndarray:
        """Compute the logarithm of the probability that an item is taken when met."""
        return -np.logaddexp(0, (_PICKINESS - match) / np.float32(self.temperature))


def draw_items(tastes: Tastes, counts: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Draw ``counts[u]`` different items for each user u, one after the other by weight.

    Most users are served by rejection: items met by popularity are taken with the probability of
    the match, and those taken before do not count. Users who want a large part of the catalogue,
    or still lack items after some rounds, get the rest by the Gumbel trick over the whole
    catalogue. Both ways follow one law.

    Returns:
        (counts.sum(),) int64 items, ascending within each user.
    """
    blocks = (np.cumsum(counts / _EXPECTED_ACCEPTANCE) / _DRAWS_PER_BLOCK).astype(np.int64)
    starts = [0, *(np.flatnonzero(np.diff(blocks)) + 1).tolist(), len(counts)]
    return np.concatenate(
        [
            _draw_block(tastes, start, counts[start:end], generator)
            for start, end in itertools.pairwise(starts)
        ]
    )


def _draw_block(
    tastes: Tastes, first_user: int, counts: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Draw items for consecutive users; ascending within a user, users one after the other."""
    num_items = tastes.num_items
    taken = np.empty(0, dtype=np.int64)  # ascending (user - first_user) * num_items + item
    missing = counts.copy()
    by_rejection = counts <= num_items // 8
    for _ in range(_ROUNDS):
        wanting = missing * by_rejection
        if not wanting.any():
            break
        liked = _meet(tastes, first_user, wanting, generator)
        new = _first_met(liked, taken, num_items, wanting)
        taken = np.sort(np.concatenate([taken, new]))
        missing = missing - np.bincount(new // num_items, minlength=len(counts))
    unserved = np.flatnonzero(missing)
    users_at_once = max(1, _SCORES_PER_BLOCK // num_items)
    for start in range(0, len(unserved), users_at_once):
        users = unserved[start : start + users_at_once]
        rest = _draw_from_all(tastes, first_user, users, missing[users], taken, generator)
        taken = np.concatenate([taken, rest])
    return np.sort(taken) % num_items


def _meet(
    tastes: Tastes, first_user: int, wanting: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Draw the pairs that users meet and like, by user and then by time, repeats included."""
    draws = (wanting / _EXPECTED_ACCEPTANCE).astype(np.int64) + 8 * (wanting > 0)
    users = np.repeat(np.arange(len(wanting)), draws)
    items = tastes.popular_items(len(users), generator)
    match = tastes.match(first_user + users, items)
    with np.errstate(over="ignore"):  # 1 / (1 + inf) is the 0 it should be
        eagerness = 1 / (1 + np.exp((_PICKINESS - match) / np.float32(tastes.temperature)))
    liked = np.flatnonzero(generator.random(len(users), dtype=np.float32) < eagerness)
    return users[liked] * tastes.num_items + items[liked]


def _first_met(
    liked: np.ndarray, taken: np.ndarray, num_items: int, wanting: np.ndarray
) -> np.ndarray:
    """Keep the first ``wanting`` different pairs of each user that are liked and not taken yet."""
    bits = len(liked).bit_length()  # pair and time in one number: one fast sort, by both
    ordered = np.sort((liked << bits) + np.arange(len(liked)))
    pairs, times = ordered >> bits, ordered & ((1 << bits) - 1)
    is_first = np.ones(len(pairs), dtype=bool)
    is_first[1:] = pairs[1:] != pairs[:-1]
    if len(taken):
        at = np.searchsorted(taken, pairs)
        is_first &= taken.take(at, mode="clip") != pairs
    new = liked[np.sort(times[is_first])]
    users = new // num_items
    counts = np.bincount(users, minlength=len(wanting))
    position = np.arange(len(new)) - (np.cumsum(counts) - counts)[users]
    return new[position < wanting[users]]


def _draw_from_all(
    tastes: Tastes,
    first_user: int,
    users: np.ndarray,
    missing: np.ndarray,
    taken: np.ndarray,
    generator: np.random.Generator,
) -> np.ndarray:
    """Draw the missing items of some users, by weight among all that they have not taken."""
    num_items = tastes.num_items
    matches = tastes.user_factors[first_user + users] @ tastes.item_factors.T
    scores = tastes.log_eagerness(matches) + tastes.log_popularity()
    exponential = generator.standard_exponential(scores.shape, dtype=np.float32)
    scores -= np.log(exponential + np.float32(1e-30))
    row = np.searchsorted(users, taken // num_items)
    mine = users.take(row, mode="clip") == taken // num_items
    scores[row[mine], taken[mine] % num_items] = -np.inf
    most = int(missing.max())
    best = np.argpartition(-scores, most - 1, axis=1)[:, :most]
    best = np.take_along_axis(best, np.argsort(-np.take_along_axis(scores, best, 1), axis=1), 1)
    keep = np.arange(most) < missing[:, None]
    return (users[:, None] * num_items + best)[keep]
