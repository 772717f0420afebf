"""Who takes what: items drawn without replacement by popularity and taste, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

_PICKINESS = 1.0  # a match above this is taken more often than not: one item in six
_EXPECTED_ACCEPTANCE = 0.15
_DRAWS_PER_BLOCK = 1 << 19  # so that a block's tensors stay in the processor's caches
_SCORES_PER_BLOCK = 1 << 23
_ROUNDS = 6


@dataclass(frozen=True, eq=False)
class Tastes:
    """User u takes item i with weight ``popularity[i] * sigmoid((match(u, i) - 1) / temperature)``.

    Attributes:
        user_factors: (num_users, rank), of length one.
        item_factors: (num_items, rank), normal: a match is a dot product, normal in turn.
        item_of_rank: (num_items,) int64, items from the most to the least popular.
        exponent: Of the power law of popularity.
        temperature: Of the sigmoid.
    """

    user_factors: Tensor
    item_factors: Tensor
    item_of_rank: Tensor
    exponent: float
    temperature: float

    @classmethod
    def draw(
        cls,
        num_users: int,
        num_items: int,
        rank: int,
        exponent: float,
        temperature: float,
        generator: torch.Generator,
    ) -> Tastes:
        """Draw tastes and popularity, independently of each other."""
        user_factors = torch.randn(num_users, rank, generator=generator)
        return cls(
            torch.nn.functional.normalize(user_factors, dim=1),
            torch.randn(num_items, rank, generator=generator),
            torch.randperm(num_items, generator=generator),
            exponent,
            temperature,
        )

    def popular_items(self, number: int, generator: torch.Generator) -> Tensor:
        """(number,) items by popularity alone: the power law's distribution function, inverted."""
        num_items = len(self.item_of_rank)
        uniform = torch.rand(number, generator=generator)
        power = 1.0 - self.exponent
        if abs(power) < 1e-6:
            position = (num_items + 1) ** uniform
        else:
            position = (1 + uniform * ((num_items + 1) ** power - 1)) ** (1 / power)
        return self.item_of_rank[(position.long() - 1).clamp(0, num_items - 1)]

    def log_popularity(self) -> Tensor:
        """(num_items,) logarithm of the weight with which ``popular_items`` draws each."""
        edges = torch.arange(1, len(self.item_of_rank) + 2, dtype=torch.float64)
        power = 1.0 - self.exponent
        levels = edges.log() if abs(power) < 1e-6 else edges**power
        weights = torch.empty(len(self.item_of_rank))
        weights[self.item_of_rank] = levels.diff().abs().log().float()
        return weights

    def match(self, user_ids: Tensor, item_ids: Tensor) -> Tensor:
        """(n,) how well items suit users, pair by pair."""
        users = self.user_factors.index_select(0, user_ids)
        return torch.einsum("nr,nr->n", users, self.item_factors.index_select(0, item_ids))

    def log_gate(self, match: Tensor) -> Tensor:
        """Logarithm of the probability that an item is taken when met."""
        return torch.nn.functional.logsigmoid((match - _PICKINESS) / self.temperature)


def draw_items(
    tastes: Tastes, counts: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Draw ``counts[u]`` different items for each user u, one after the other by weight.

    Most users are served by rejection: items met by popularity are taken with the probability of
    the gate, and those taken before do not count. Who wants a large part of the catalogue, or is
    still not served after some rounds, gets the rest by the Gumbel trick over the whole catalogue;
    both follow the same law.

    Returns:
        (counts.sum(),) int64 items, ascending within each user, and the match of each pair.
    """
    blocks = []
    draws = counts.double().div(_EXPECTED_ACCEPTANCE).cumsum(0)
    block_of_user = draws.div(_DRAWS_PER_BLOCK).long()
    sizes = torch.unique_consecutive(block_of_user, return_counts=True)[1]
    for user_ids in torch.arange(len(counts)).split(sizes.tolist()):
        blocks.append(_draw_block(tastes, user_ids, counts[user_ids], generator))
    item_ids = torch.cat(blocks)
    users = torch.arange(len(counts)).repeat_interleave(counts)
    chunks = zip(users.split(_DRAWS_PER_BLOCK), item_ids.split(_DRAWS_PER_BLOCK), strict=True)
    return item_ids, torch.cat([tastes.match(*chunk) for chunk in chunks])


def _draw_block(
    tastes: Tastes, user_ids: Tensor, counts: Tensor, generator: torch.Generator
) -> Tensor:
    """Items for a few users: ascending within a user, users one after the other."""
    num_items = len(tastes.item_factors)
    taken = torch.empty(0, dtype=torch.int64)  # ascending (place in block) * num_items + item
    missing = counts.clone()
    greedy = counts > num_items // 8
    for _ in range(_ROUNDS):
        wanting = missing * ~greedy
        if not bool(wanting.any()):
            break
        met = _meet(tastes, user_ids, wanting, generator)
        new = _first_met(met, taken, num_items, wanting)
        taken = _sorted(torch.cat([taken, new]))
        missing = missing - torch.bincount(new // num_items, minlength=len(counts))
    places = missing.nonzero().flatten()
    users_at_once = max(1, _SCORES_PER_BLOCK // num_items)
    for start in range(0, len(places), users_at_once):
        some = places[start : start + users_at_once]
        rest = _draw_from_all(tastes, user_ids, some, missing, taken, generator)
        taken = torch.cat([taken, rest])
    return _sorted(taken) % num_items


def _meet(tastes: Tastes, user_ids: Tensor, wanting: Tensor, generator: torch.Generator) -> Tensor:
    """Items that users meet and like, in the order of users and then of time, repeats included."""
    draws = (wanting / _EXPECTED_ACCEPTANCE).long() + 8 * (wanting > 0)
    places = torch.arange(len(wanting)).repeat_interleave(draws)
    items = tastes.popular_items(len(places), generator)
    gate = tastes.log_gate(tastes.match(user_ids[places], items)).exp()
    likes = torch.rand(len(places), generator=generator) < gate
    return (places * len(tastes.item_factors) + items)[likes]


def _first_met(met: Tensor, taken: Tensor, num_items: int, wanting: Tensor) -> Tensor:
    """The first ``wanting`` different pairs of each user among those met and not taken yet."""
    bits = len(met).bit_length()  # pair and time in one number: one fast sort finds first meetings
    ordered = _sorted((met << bits) + torch.arange(len(met)))
    pairs, order = ordered >> bits, ordered & ((1 << bits) - 1)
    fresh = torch.ones(len(met), dtype=torch.bool)
    fresh[order[1:]] = pairs[1:] != pairs[:-1]
    if len(taken):
        at = torch.searchsorted(taken, met).clamp(max=len(taken) - 1)
        fresh &= taken[at] != met
    new = met[fresh]
    places = new // num_items
    counts = torch.bincount(places, minlength=len(wanting))
    position = torch.arange(len(new)) - (counts.cumsum(0) - counts)[places]
    return new[position < wanting[places]]


def _draw_from_all(
    tastes: Tastes,
    user_ids: Tensor,
    places: Tensor,
    missing: Tensor,
    taken: Tensor,
    generator: torch.Generator,
) -> Tensor:
    """The missing items of some users, by weight among all that they have not taken."""
    num_items = len(tastes.item_factors)
    matches = tastes.user_factors[user_ids[places]] @ tastes.item_factors.T
    scores = tastes.log_gate(matches) + tastes.log_popularity()
    uniform = torch.rand(scores.shape, generator=generator).clamp(min=1e-30)
    scores -= uniform.log().neg().clamp(min=1e-30).log()
    row = torch.full((len(user_ids),), -1)
    row[places] = torch.arange(len(places))
    rows = row[taken // num_items]
    scores[rows[rows >= 0], (taken % num_items)[rows >= 0]] = -torch.inf
    wanted = missing[places]
    best = scores.topk(int(wanted.max()), dim=1).indices
    keep = torch.arange(best.shape[1]) < wanted[:, None]
    return (places[:, None] * num_items + best)[keep]


def _sorted(values: Tensor) -> Tensor:
    return torch.from_numpy(np.sort(values.numpy()))  # several times faster than torch's on a CPU
