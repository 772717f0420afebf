"""The best items of many users by inner products, without a table of all scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from rankdistill.kernels.ordered_keys import (
    largest_keys,
    ordered_keys,
    positions_of_keys,
    scores_of_keys,
)
from rankdistill.kernels.placement import on_cpu

_GROUP = 16
"""Neighbouring items of which the best score is kept while the others are forgotten."""

_TILE = 4096
"""Items whose scores exist at a time: those of a block of users stay in a core's own cache."""

_USERS_ON_CPU, _USERS_ON_DEVICE = 32, 2048
_GATHERED_ON_CPU, _GATHERED_ON_DEVICE = 8, 256
"""Users of a block, and those whose candidates are looked at together."""


class Pairs(NamedTuple):
    """Items that must not be found.

    Attributes:
        rows: (num_pairs,) int64 rows of users in the block.
        items: (num_pairs,) int64 the item that each must not get.
    """

    rows: Tensor
    items: Tensor


class BestItems(NamedTuple):
    """The best items of a block of users.

    Attributes:
        items: (batch, limit) int64, best first.
        scores: (batch, limit) float32; -inf where there is no item left.
    """

    items: Tensor
    scores: Tensor


@dataclass(frozen=True, eq=False)
class ItemTiles:
    """The vectors of a catalogue, arranged for ``best_products``.

    Attributes:
        num_items: Items.
        columns: (num_tiles, dim, tile). The items of a group stand ``tile / group`` columns apart,
            so that the best of all groups of a tile are the maximum of slices.
        groups: (num_groups, group * dim): the vectors of each group, one after another.
        padding: Columns of the last tile that are no items.
    """

    num_items: int
    columns: Tensor
    groups: Tensor
    padding: Tensor

    @classmethod
    def of(cls, vectors: Tensor) -> ItemTiles:
        """Arrange (num_items, dim) float32 vectors."""
        num_items, dim = vectors.shape
        tile = min(_TILE, -(-num_items // _GROUP) * _GROUP)
        num_tiles = -(-num_items // tile)
        padded = vectors.new_zeros(num_tiles * tile, dim)
        padded[:num_items] = vectors
        shape = (num_tiles, tile // _GROUP, _GROUP, dim)
        columns = padded.view(shape).permute(0, 3, 2, 1).reshape(num_tiles, dim, tile)
        beyond = torch.arange(num_items, len(padded), device=vectors.device)
        return cls(
            num_items, columns, padded.view(-1, _GROUP * dim), _column_of(beyond % tile, tile)
        )

    @property
    def users_at_once(self) -> int:
        """How many users a block has at most, for the arithmetic to be fast."""
        return _USERS_ON_CPU if on_cpu(self.columns) else _USERS_ON_DEVICE

    def bytes_of_user(self, limit: int) -> int:
        """Most bytes that ``best_products`` takes for each user of a block."""
        num_tiles, dim, tile = self.columns.shape
        candidates = min(limit, len(self.groups)) * _GROUP
        return 4 * tile + 40 * num_tiles * tile // _GROUP + candidates * (4 * dim + 40)


def best_products(users: Tensor, tiles: ItemTiles, limit: int, banned: Pairs) -> BestItems:
    """Find the items with the largest inner products; of equal ones the first.

    An item among the best ``limit`` stands in one of the ``limit`` groups whose best items are
    best. So the best score of each group is all that is kept of a tile, and the items of those
    groups are scored once more.

    Args:
        users: (batch, dim) float32, finite and not too large for finite products.
        tiles: The catalogue.
        limit: Items to find, no more than there are.
        banned: Items to leave out.
    """
    maxima = _best_of_groups(users, tiles, banned)
    numbers = torch.arange(maxima.shape[1], device=users.device)
    chosen = positions_of_keys(
        largest_keys(ordered_keys(maxima, numbers), min(limit, maxima.shape[1]))
    )
    scores = _scores_in_groups(users, tiles, chosen)
    items = (chosen[:, :, None] * _GROUP + numbers.new_tensor(range(_GROUP))).flatten(1)
    scores.masked_fill_(items >= tiles.num_items, -torch.inf)
    place = torch.full_like(maxima, -1, dtype=torch.int64)
    place.scatter_(1, chosen, torch.arange(chosen.shape[1], device=users.device).expand_as(chosen))
    found = place[banned.rows, banned.items // _GROUP]
    is_candidate = found >= 0
    inside = found * _GROUP + banned.items % _GROUP
    scores[banned.rows[is_candidate], inside[is_candidate]] = -torch.inf
    return _decoded(largest_keys(ordered_keys(scores, items), limit))


def best_entries(scores: Tensor, limit: int, banned: Pairs) -> BestItems:
    """Find the largest scores of each row; of equal ones the first.

    Args:
        scores: (batch, num_items) float32, finite. They are changed.
        limit: Items to find, no more than there are.
        banned: Items to leave out.
    """
    scores[banned.rows, banned.items] = -torch.inf
    positions = torch.arange(scores.shape[1], device=scores.device)
    return _decoded(largest_keys(ordered_keys(scores, positions), limit))


def _best_of_groups(users: Tensor, tiles: ItemTiles, banned: Pairs) -> Tensor:
    """Best score of each group: (batch, num_groups) float32."""
    num_tiles, _, tile = tiles.columns.shape
    tile_of_pair, order = (banned.items // tile).sort()
    rows, columns = banned.rows[order], _column_of(banned.items[order] % tile, tile)
    starts = torch.searchsorted(
        tile_of_pair, torch.arange(num_tiles + 1, device=users.device)
    ).tolist()
    scores = users.new_empty(len(users), tile)
    maxima = users.new_empty(num_tiles, len(users), tile // _GROUP)
    for number, matrix in enumerate(tiles.columns):
        torch.mm(users, matrix, out=scores)
        pairs = slice(starts[number], starts[number + 1])
        scores[rows[pairs], columns[pairs]] = -torch.inf
        if number == num_tiles - 1:
            scores.index_fill_(1, tiles.padding, -torch.inf)
        torch.amax(scores.view(len(users), _GROUP, -1), 1, out=maxima[number])
    return maxima.transpose(0, 1).flatten(1)


def _scores_in_groups(users: Tensor, tiles: ItemTiles, chosen: Tensor) -> Tensor:
    """Score the items of some groups: (batch, groups of a user * group) float32."""
    size = _GATHERED_ON_CPU if on_cpu(users) else _GATHERED_ON_DEVICE
    scores = users.new_empty(len(users), chosen.shape[1] * _GROUP, 1)
    gathered = users.new_empty(min(size, len(users)) * chosen.shape[1], tiles.groups.shape[1])
    for start in range(0, len(users), size):
        block = users[start : start + size]
        groups = chosen[start : start + size].flatten()
        torch.index_select(tiles.groups, 0, groups, out=gathered[: len(groups)])
        vectors = gathered[: len(groups)].view(len(block), -1, users.shape[1])
        torch.bmm(vectors, block[:, :, None], out=scores[start : start + size])
    return scores.squeeze(2)


def _column_of(positions: Tensor, tile: int) -> Tensor:
    """Columns of positions in a tile."""
    return positions % _GROUP * (tile // _GROUP) + positions // _GROUP


def _decoded(keys: Tensor) -> BestItems:
    return BestItems(positions_of_keys(keys), scores_of_keys(keys))
