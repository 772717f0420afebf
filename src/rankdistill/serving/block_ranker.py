"""The best items of a block of users, by each kind of model, in PyTorch."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from rankdistill.kernels.best_products import (
    BestItems,
    ItemTiles,
    Pairs,
    best_entries,
    best_products,
)
from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.kinds import (
    ANY_NETWORK,
    FACTORS,
    HISTORY_ITEMS,
    ITEM_BIAS,
    ITEM_ITEM,
    ITEM_WEIGHTS,
    ITEMS,
    POWER,
    USER_BIAS,
    USERS,
)
from rankdistill.rank_files.tables import decoded
from rankdistill.serving.item_index import ItemIndex, item_vectors
from rankdistill.serving.scored_users import ScoredUsers


class BlockRanker:
    """Ranks the catalogue for users. It never changes, so that threads can share it.

    Args:
        model: What a model.rank holds.
        users: Whom to rank for.
        limit: Items to find for each.
        device: Where the arithmetic is done.
        index: Of the model's items, to search on the CPU in the place of all products.

    Raises:
        ValueError: If the model cannot rank, or has fewer items than are to be found.
    """

    def __init__(
        self,
        model: RankFile,
        users: ScoredUsers,
        limit: int,
        device: torch.device,
        index: ItemIndex | None = None,
    ):
        if model.kind == ANY_NETWORK:
            raise ValueError(
                "The model is a network, such as a ranker of a cascade: it has no ids."
            )
        if limit > len(model.item_ids):
            raise ValueError(
                f"limit={limit} is more than the {len(model.item_ids)} items there are."
            )
        self._model, self._users, self._limit, self._device = model, users, limit, device
        self._tables = {
            name: torch.from_numpy(decoded(table)).to(device)
            for name, table in model.tables.items()
            if name != ITEMS
        }
        self._search: ItemTiles | ItemIndex | None = None
        if model.kind != ITEM_ITEM:
            vectors = torch.from_numpy(item_vectors(model)).to(device)
            self._search = ItemTiles.of(vectors) if index is None else index
            self._largest_of_items = vectors.abs().amax()
        self._popular = self._most_popular()

    @property
    def users_at_once(self) -> int:
        """How many users a block has at most, for the arithmetic to be fast."""
        return 64 if self._search is None else self._search.users_at_once

    @property
    def bytes_of_user(self) -> int:
        """Most bytes that ``rank`` takes for each user of a block."""
        if self._search is None:
            return 40 * len(self._model.item_ids)
        if isinstance(self._search, ItemIndex):
            most = int(np.diff(self._users.offsets).max(initial=0))
            return self._search.bytes_of_user(self._limit + most)
        return self._search.bytes_of_user(self._limit)

    @torch.inference_mode()
    def rank(self, start: int, end: int) -> BestItems:
        """Find the best items that users do not have; of equal ones the first.

        Args:
            start: The first user's place among those to score.
            end: The place after the last user's.

        Returns:
            On the CPU; -inf are the scores where a user has no item left.

        Raises:
            ValueError: If scores are not finite.
        """
        offsets = self._users.offsets[start : end + 1]
        counts = torch.from_numpy(np.diff(offsets)).to(self._device)
        items = self._users.items[offsets[0] : offsets[-1]].astype(np.int64)
        history = torch.from_numpy(items).to(self._device)
        rows = torch.arange(end - start, device=self._device).repeat_interleave(counts)
        banned = Pairs(rows, history)
        bounds = torch.from_numpy(offsets - offsets[0]).to(self._device)
        if self._search is None:
            weights = self._tables[ITEM_WEIGHTS]
            scores = embedding_bag(history, weights, bounds, mode="sum", include_last_offset=True)
            _refuse_not_finite(scores)
            best = best_entries(scores, self._limit, banned)
        elif self._model.kind == FACTORS:
            assert self._users.rows is not None
            user_rows = torch.from_numpy(self._users.rows[start:end].astype(np.int64))
            best = self._by_factors(user_rows.to(self._device), banned)
        else:
            table, power = self._tables[HISTORY_ITEMS], self._model.settings[POWER]
            sums = embedding_bag(history, table, bounds, mode="sum", include_last_offset=True)
            shares = counts.clamp(min=1).to(sums.dtype) ** -power
            best = self._products(sums * shares[:, None], banned)
        if self._popular is not None:
            nothing_known = counts == 0
            best.items[nothing_known] = self._popular.items
            best.scores[nothing_known] = self._popular.scores
        return BestItems(best.items.cpu(), best.scores.cpu())

    def _by_factors(self, user_rows: Tensor, banned: Pairs) -> BestItems:
        best = self._products(self._tables[USERS][user_rows], banned)
        if USER_BIAS in self._tables:
            best.scores.add_(self._tables[USER_BIAS][user_rows, None])
        return best

    def _products(self, vectors: Tensor, banned: Pairs) -> BestItems:
        if ITEM_BIAS in self._tables:
            vectors = torch.cat([vectors, vectors.new_ones(len(vectors), 1)], 1)
        _refuse_not_finite(vectors.abs().amax() * vectors.shape[1] * self._largest_of_items)
        if isinstance(self._search, ItemIndex):
            return self._search.find(vectors, self._limit, banned)
        assert self._search is not None
        return best_products(vectors, self._search, self._limit, banned)

    def _most_popular(self) -> BestItems | None:
        """Best items of users of whom nothing is known; None where there are no such users."""
        if self._model.kind == FACTORS or (np.diff(self._users.offsets) > 0).all():
            return None
        if self._model.item_counts is None:
            raise ValueError("Some users have nothing, and the model's file holds no popularity.")
        counts = torch.from_numpy(self._model.item_counts.astype(np.float32)).to(self._device)
        none = torch.empty(0, dtype=torch.int64, device=self._device)
        return best_entries(counts[None], self._limit, Pairs(none, none))


def _refuse_not_finite(numbers: Tensor) -> None:
    if not math.isfinite(float(numbers.abs().amax())):
        raise ValueError("The model's scores are not all finite: it ranks nothing.")
