"""Scores of the whole catalogue by each kind of model, in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from rankdistill.kernels.fold_in import FoldIn, folded_scores
from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.kinds import (
    FACTORS,
    FOLD_IN,
    HISTORY,
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


class RankScorer(Protocol):
    """The arithmetic of a model."""

    def of_histories(self, histories: Sequence[np.ndarray]) -> np.ndarray:
        """Score for (length,) lists of item rows, none of them empty: (batch, num_items) new."""
        ...

    def parts(self, history: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Tell what each item of a history adds to some scores: (length, number of items).

        The parts of a score and the item's own bias, where it has one, sum to the score.
        """
        ...


@dataclass(frozen=True, eq=False)
class FactorScorer:
    """Score s(u, i) = <p_u, q_i> + b_u + b_i.

    Attributes:
        users: (num_users, dim) float32.
        items: (num_items, dim) float32.
        user_bias: (num_users,) float32, or None where there is none or it was left out.
        item_bias: (num_items,) float32, or None.
        fold_in: How other people are fitted, or None where the file does not tell.
    """

    users: np.ndarray
    items: np.ndarray
    user_bias: np.ndarray | None
    item_bias: np.ndarray | None
    fold_in: FoldIn | None = None

    def of_users(self, users: np.ndarray) -> np.ndarray:
        """Score for (batch,) user rows: (batch, num_items) float32, new."""
        scores = _product(self.users[users], self.items, self.item_bias)
        if self.user_bias is not None:
            scores += self.user_bias[users, None]
        return scores

    def of_histories(self, histories: Sequence[np.ndarray]) -> np.ndarray:
        """Score for (length,) lists of item rows, none of them empty: (batch, num_items) new.

        Raises:
            ValueError: If the file does not tell how people other than its users are fitted.
        """
        if self.fold_in is None:
            raise ValueError(
                "This model has a vector for each of its users and none for other people: give a "
                "user."
            )
        had = np.zeros((len(histories), len(self.items)))
        for row, history in zip(had, histories, strict=True):
            row[history] = 1.0
        bias = None if self.item_bias is None else self.item_bias.astype(np.float64)
        items = self.items.astype(np.float64)
        return folded_scores(np, items, bias, had, self.fold_in).astype(np.float32)

    def parts(self, history: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Refuse: a score comes from the user's vector, not from what they have."""
        raise ValueError(
            "This model ranks by a vector of the user and cannot tell because of which items."
        )


@dataclass(frozen=True, eq=False)
class HistorySums:
    """Score s(h, i) = <sum over j in h of p_j / |h|^a, q_i> + b_i.

    Attributes:
        history_items: (num_items, dim) float32, p.
        items: (num_items, dim) float32, q.
        item_bias: (num_items,) float32, or None.
        power: a.
    """

    history_items: np.ndarray
    items: np.ndarray
    item_bias: np.ndarray | None
    power: float

    def of_histories(self, histories: Sequence[np.ndarray]) -> np.ndarray:
        """Score for (length,) lists of item rows, none of them empty: (batch, num_items) new."""
        shares = np.array([len(history) for history in histories], np.float32) ** -self.power
        sums = np.stack([self.history_items[history].sum(0) for history in histories])
        return _product(sums * shares.astype(np.float32)[:, None], self.items, self.item_bias)

    def parts(self, history: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Tell <p_j, q_i> / |h|^a for each item j of a history: (length, number of items)."""
        share = np.float32(len(history) ** -self.power)
        return self.history_items[history] @ self.items[items].T * share


@dataclass(frozen=True, eq=False)
class ItemWeights:
    """Score s(h, i) = sum over j in h of B[j, i].

    Attributes:
        item_weights: (num_items, num_items) float32, B.
    """

    item_weights: np.ndarray

    def of_histories(self, histories: Sequence[np.ndarray]) -> np.ndarray:
        """Score for (length,) lists of item rows, none of them empty: (batch, num_items) new."""
        return np.stack([self.item_weights[history].sum(0) for history in histories])

    def parts(self, history: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Tell B[j, i] for each item j of a history: (length, number of items)."""
        return self.item_weights[np.ix_(history, items)]


def make_scorer(model: RankFile) -> RankScorer:
    """Decode the tables of a model, to be read only.

    Raises:
        ValueError: If it is a network, which ranks with PyTorch alone, or its codes are unsound.
    """
    tables = {name: decoded(table) for name, table in model.tables.items()}
    for table in tables.values():
        table.setflags(write=False)
    if model.kind == FACTORS:
        biases = tables.get(USER_BIAS), tables.get(ITEM_BIAS)
        return FactorScorer(tables[USERS], tables[ITEMS], *biases, told_fold_in(model))
    if model.kind == HISTORY:
        items, bias = tables[ITEMS], tables.get(ITEM_BIAS)
        return HistorySums(tables[HISTORY_ITEMS], items, bias, model.settings[POWER])
    if model.kind == ITEM_ITEM:
        return ItemWeights(tables[ITEM_WEIGHTS])
    raise ValueError("is a network that ranks with PyTorch alone, such as a ranker of a cascade.")


def told_fold_in(model: RankFile) -> FoldIn | None:
    """Read how a file tells that other people than its users are fitted."""
    for name in FOLD_IN:
        if name in model.settings:
            return FoldIn(name.removeprefix("fold_in_"), model.settings[name])
    return None


def _product(rows: np.ndarray, items: np.ndarray, item_bias: np.ndarray | None) -> np.ndarray:
    scores = rows @ items.T
    if item_bias is not None:
        scores += item_bias
    return scores
