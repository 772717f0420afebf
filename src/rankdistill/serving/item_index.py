"""A graph of items that finds most of the best inner products without computing all of them."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rankdistill.kernels.best_products import BestItems, Pairs
from rankdistill.kernels.ordered_keys import (
    largest_keys,
    ordered_keys,
    positions_of_keys,
    scores_of_keys,
)
from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.kinds import ITEM_BIAS, ITEMS
from rankdistill.rank_files.tables import decoded
from rankdistill.runs.made_once import made_once

_GRAPH = "items.usearch"

_LINKS = 64
"""Neighbours of an item in the graph."""

_FILLED_SHARE = 0.9
"""Share of the items that get the length of a longer one."""

_USERS_AT_ONCE = 256


def item_vectors(model: RankFile) -> np.ndarray:
    """Take the vectors of items: (num_items, dim) float32, with the bias as one more number.

    Raises:
        ValueError: If the model's scores are no inner products with items.
    """
    if ITEMS not in model.tables:
        raise ValueError(
            f"search=index needs a vector of each item, which a model of kind {model.kind} does "
            "not have: take search=exact."
        )
    items = decoded(model.tables[ITEMS])
    if ITEM_BIAS not in model.tables:
        return items
    return np.column_stack([items, decoded(model.tables[ITEM_BIAS])])


class ItemIndex:
    """Finds items with large inner products, and ranks those found by their exact scores.

    Args:
        vectors: (num_items, dim) float32.
        candidates: Items that a search of the graph keeps in view: more find more and take longer.
        threads: Threads that build and search.

    Raises:
        ValueError: If a vector is not finite.
    """

    users_at_once = _USERS_AT_ONCE

    def __init__(self, vectors: np.ndarray, candidates: int, threads: int):
        if not np.isfinite(vectors).all():
            raise ValueError("The model's scores are not all finite: it ranks nothing.")
        self._vectors = torch.from_numpy(vectors)
        self._candidates, self._threads = candidates, threads
        self._graph: Any = None
        self._one_search = Lock()

    def bytes_of_user(self, num_found: int) -> int:
        """Most bytes that ``find`` takes for each user, for so many items found."""
        return (num_found * 2) * (4 * self._vectors.shape[1] + 64)

    def open(self, folder: Path) -> None:
        """Read the graph of a folder, or build it there if no other process has.

        Raises:
            ValueError: If the folder holds no graph of these items.
            OSError: If it cannot be written.
        """
        from usearch.index import Index

        made_once(folder, _GRAPH, self._build)
        try:
            self._graph = Index.restore(folder / _GRAPH)
        except (ValueError, RuntimeError):
            self._graph = None
        num_items, dim = self._vectors.shape
        if self._graph is None or (len(self._graph), self._graph.ndim) != (num_items, dim + 1):
            raise ValueError(f"{folder} holds no index of these items: remove it.")
        self._graph.expansion_search = self._candidates

    def find(self, users: Tensor, limit: int, banned: Pairs) -> BestItems:
        """Find items with large inner products, in the order of exact search.

        Args:
            users: (batch, dim) float32.
            limit: Items to find, no more than there are.
            banned: Items to leave out.
        """
        num_items = len(self._vectors)
        num_banned = np.bincount(banned.rows.numpy(), minlength=len(users))
        sizes = np.minimum(limit + _next_powers_of_two(num_banned), num_items)
        banned_codes = (banned.rows * num_items + banned.items).sort().values
        best = BestItems(
            torch.empty(len(users), limit, dtype=torch.int64), torch.empty(len(users), limit)
        )
        for size in np.unique(sizes).tolist():
            rows = torch.from_numpy(np.flatnonzero(sizes == size))
            items, is_item = self._nearest(users[rows], size)
            scores = torch.bmm(self._vectors[items], users[rows, :, None]).squeeze(2)
            left_out = _is_in(rows[:, None] * num_items + items, banned_codes)
            scores.masked_fill_(left_out | ~is_item, -torch.inf)
            keys = largest_keys(ordered_keys(scores, items), limit)
            best.items[rows] = positions_of_keys(keys)
            best.scores[rows] = scores_of_keys(keys)
        return best

    def _nearest(self, users: Tensor, size: int) -> tuple[Tensor, Tensor]:
        """Ask the graph for items: (batch, size) int64 items, and whether there is one.

        Searches at the same time would share the graph's memory for searches.
        """
        asked = np.column_stack([users.numpy(), np.zeros(len(users), np.float32)])
        at_least_two = np.repeat(asked, 2, axis=0) if len(asked) == 1 else asked  # else no batch
        with self._one_search:
            found = self._graph.search(at_least_two, size, threads=self._threads)
        is_item = np.arange(size) < np.asarray(found.counts)[: len(asked), None].astype(np.int64)
        items = np.where(is_item, found.keys[: len(asked)].astype(np.int64), 0)
        return torch.from_numpy(items), torch.from_numpy(is_item)

    def _build(self, folder: Path) -> None:
        from usearch.index import Index

        vectors = _filled(self._vectors.numpy())
        graph = Index(ndim=vectors.shape[1], metric="ip", dtype="f32", connectivity=_LINKS)
        graph.add(np.arange(len(vectors)), vectors, threads=self._threads)
        folder.mkdir(parents=True)
        try:
            graph.save(folder / _GRAPH)
        except RuntimeError as error:
            raise OSError(f"The index could not be written to {folder}: {error}") from error


def _filled(vectors: np.ndarray) -> np.ndarray:
    """Add a number to each vector that makes short ones longer, and that users have as zero.

    Without it short vectors are nobody's neighbours in the graph, and no search comes to them.
    Filling all of them up to the longest would hide how they differ.
    """
    squares = np.square(vectors).sum(1)
    missing = np.maximum(np.quantile(squares, _FILLED_SHARE) - squares, 0)
    return np.column_stack([vectors, np.sqrt(missing)]).astype(np.float32)


def _next_powers_of_two(counts: np.ndarray) -> np.ndarray:
    """Round counts up, so that few sizes of searches are left; zero stays."""
    return np.where(counts > 0, 2 ** np.ceil(np.log2(np.maximum(counts, 1))).astype(np.int64), 0)


def _is_in(codes: Tensor, ordered: Tensor) -> Tensor:
    """Whether each code is among some in ascending order."""
    if len(ordered) == 0:
        return torch.zeros_like(codes, dtype=torch.bool)
    places = torch.searchsorted(ordered, codes).clamp(max=len(ordered) - 1)
    return ordered[places] == codes
