"""A model.rank, loaded: from a user or a history to the best items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.rank_file import read_rank_file
from rankdistill.serving.known_ids import KnownIds
from rankdistill.serving.reasons import Reason, main_parts
from rankdistill.serving.recommendations import Recommendation, Recommendations
from rankdistill.serving.scorers import FactorScorer, RankScorer, make_scorer
from rankdistill.serving.top_items import top_items

Id = str | int
"""As it was typed; 196 is "196"."""

_BLOCK = 1 << 22
"""Scores that ``recommend_many`` makes at a time, in four bytes each."""


@dataclass(frozen=True, eq=False)
class RankModel:
    """Ranks the catalogue. It never changes, so that threads can share it.

    Attributes:
        kind: Of model: "factors" has users of its own, "history" and "item_item" read histories.
        storage: How the file holds the weights: fp32, fp16, int8, ...
        item_ids: By row.
        item_titles: By row, or empty.
        item_counts: (num_items,) interactions of each item, or None.
        user_ids: By row, or empty.
        about: What the file tells: metrics, data, versions.
        scorer: The arithmetic.
    """

    kind: str
    storage: str
    item_ids: tuple[str, ...]
    item_titles: tuple[str, ...]
    item_counts: np.ndarray | None
    user_ids: tuple[str, ...]
    about: Mapping[str, Any]
    scorer: RankScorer
    _items: KnownIds
    _users: KnownIds
    _seen: tuple[np.ndarray, np.ndarray] | None

    @classmethod
    def of(cls, content: RankFile) -> RankModel:
        """Make a model of what a file holds.

        Raises:
            ValueError: If it cannot rank; in words that go on after the file's name.
        """
        seen = None
        if content.seen is not None:
            ends = np.cumsum(content.seen.counts, dtype=np.int64)
            seen = np.concatenate([[0], ends]), content.seen.items
        return cls(
            content.kind,
            content.storage,
            content.item_ids,
            content.item_titles,
            content.item_counts,
            content.user_ids,
            content.about,
            make_scorer(content),
            KnownIds(content.item_ids, "item"),
            KnownIds(content.user_ids, "user"),
            seen,
        )

    @property
    def knows_seen(self) -> bool:
        """Whether the file holds what its users have."""
        return self._seen is not None

    def recommend(
        self,
        user: Id | None = None,
        history: Iterable[Id] | None = None,
        limit: int = 10,
        exclude: Iterable[Id] = (),
        reasons: int = 0,
    ) -> Recommendations:
        """Find the best items that somebody does not have.

        Args:
            user: An id of the data that the model was trained on. What the file knows the user to
                have is left out.
            history: Instead, the ids of what somebody has. They are left out. Of an empty history
                the most popular items come.
            limit: Most items to find.
            exclude: Further items to leave out.
            reasons: Most items that each item of the list is told to come because of.

        Raises:
            ValueError: If an id is unknown, naming the nearest, if the model cannot score for
                users or for histories, if it knows no reasons and some are asked for, or if its
                scores are no numbers.
        """
        if (user is None) == (history is None):
            raise ValueError("Give one person: a user or a history.")
        users = None if user is None else [user]
        histories = None if history is None else [history]
        return self.recommend_many(users, histories, limit, exclude, reasons)[0]

    def recommend_many(
        self,
        users: Sequence[Id] | None = None,
        histories: Sequence[Iterable[Id]] | None = None,
        limit: int = 10,
        exclude: Iterable[Id] = (),
        reasons: int = 0,
    ) -> list[Recommendations]:
        """Find the best items for many, a block of them at a time; see ``recommend``.

        Args:
            users: Ids of users.
            histories: Instead, what each of them has.
            limit: Most items to find for each.
            exclude: Further items to leave out for all.
            reasons: Most items that each item of a list is told to come because of.
        """
        if (users is None) == (histories is None):
            raise ValueError("Give either users or histories.")
        if limit < 1:
            raise ValueError(f"limit must be at least 1, got {limit}.")
        if reasons < 0:
            raise ValueError(f"reasons must be at least 0, got {reasons}.")
        excluded = self._items.rows(exclude)
        rows = None if users is None else self._users.rows(users)
        if rows is None:
            known = [np.unique(self._items.rows(history)) for history in histories or ()]
        else:
            known = [self._seen_by(row) for row in rows]
        size = max(1, _BLOCK // len(self.item_ids))
        found = []
        for start in range(0, len(known), size):
            block = slice(start, start + size)
            scores = self._scores(None if rows is None else rows[block], known[block])
            for row, items in zip(scores, known[block], strict=True):
                row[items] = row[excluded] = -np.inf
                by_popularity = self._is_by_popularity(rows, items)
                best = top_items(row, limit)
                why = 0 if by_popularity else reasons
                because_of = self._because_of(items, best, why)
                found.append(self._described(row, best, by_popularity, because_of))
        return found

    def _seen_by(self, user: int) -> np.ndarray:
        if self._seen is not None:
            offsets, items = self._seen
            return items[offsets[user] : offsets[user + 1]]
        if isinstance(self.scorer, FactorScorer):
            return np.empty(0, np.int64)
        raise ValueError(
            "This model ranks from what people have, and its file does not hold what its users "
            "have: give a history, or export it with seen=true."
        )

    def _scores(self, users: np.ndarray | None, known: Sequence[np.ndarray]) -> np.ndarray:
        """Score for user rows, or for histories: (batch, num_items) float32, new."""
        if users is not None and isinstance(self.scorer, FactorScorer):
            scores = self.scorer.of_users(users)
        else:
            told = [row for row, history in enumerate(known) if len(history)]
            scores = np.empty((len(known), len(self.item_ids)), np.float32)
            if len(told) < len(known):
                scores[:] = self._popularity()
            if told:
                scores[told] = self.scorer.of_histories([known[row] for row in told])
        if not np.isfinite(scores).all():
            raise ValueError("The model's scores are not all finite: it ranks nothing.")
        return scores

    def _popularity(self) -> np.ndarray:
        if self.item_counts is None:
            raise ValueError("An empty history tells nothing, and this file holds no popularity.")
        return self.item_counts.astype(np.float32)

    def _is_by_popularity(self, users: np.ndarray | None, known: np.ndarray) -> bool:
        has_vector = users is not None and isinstance(self.scorer, FactorScorer)
        return not (has_vector or len(known))

    def _because_of(
        self, history: np.ndarray, items: np.ndarray, limit: int
    ) -> tuple[tuple[Reason, ...], ...]:
        if limit < 1:
            return tuple(() for _ in items)
        parts = self.scorer.parts(history, items)
        return tuple(
            tuple(
                Reason(*self._named(int(history[row])), float(column[row])) for row in rows.tolist()
            )
            for rows, column in zip(main_parts(parts, limit), parts.T, strict=True)
        )

    def _described(
        self,
        scores: np.ndarray,
        best: np.ndarray,
        by_popularity: bool,
        because_of: tuple[tuple[Reason, ...], ...],
    ) -> Recommendations:
        items = tuple(
            Recommendation(*self._named(row), score)
            for row, score in zip(best.tolist(), scores[best].tolist(), strict=True)
        )
        return Recommendations(items, by_popularity, because_of)

    def _named(self, row: int) -> tuple[str, str | None]:
        return self.item_ids[row], self.item_titles[row] if self.item_titles else None


def load(path: Path | str) -> RankModel:
    """Load a model.rank; nothing in it is executed.

    Raises:
        FileNotFoundError: If there is none.
        ValueError: If it is truncated, damaged, of another version, or no model that ranks here.
    """
    content = read_rank_file(path)
    try:
        return RankModel.of(content)
    except ValueError as error:
        raise ValueError(f"{path} {error}") from error
