"""Whom a batch scores, and what each of them has: from a model.rank or from a file of histories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from rankdistill.data.columns import Column
from rankdistill.data.read_table import read_table
from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.kinds import FACTORS


@dataclass(frozen=True, eq=False)
class ScoredUsers:
    """Users in the order in which they are scored.

    Attributes:
        ids: As they were typed.
        rows: (num_users,) rows of the model's table of users; None where it has none.
        offsets: (num_users + 1,) int64; user n has ``items[offsets[n] : offsets[n + 1]]``.
        items: Row numbers of items, each once for a user.
        notes: What a person should know of them, a sentence each.
    """

    ids: Sequence[str]
    rows: np.ndarray | None
    offsets: np.ndarray
    items: np.ndarray
    notes: tuple[str, ...] = ()


def users_of_model(model: RankFile) -> ScoredUsers:
    """Take all users that a file knows, and what it knows them to have.

    Raises:
        ValueError: If the model ranks from what people have and the file does not hold it.
    """
    num_users = len(model.user_ids)
    rows = np.arange(num_users) if model.kind == FACTORS else None
    if model.seen is not None:
        return ScoredUsers(model.user_ids, rows, _offsets(model.seen.counts), model.seen.items)
    if rows is None:
        raise ValueError(
            "The model ranks from what people have, and its file does not hold what its users "
            "have: name a file that does with history=..., or export the model with seen=true."
        )
    note = "The model's file does not hold what users have, so nothing is left out."
    nothing = np.empty(0, np.int64)
    return ScoredUsers(model.user_ids, rows, _offsets(nothing, num_users), nothing, (note,))


def users_of_history(
    model: RankFile, path: Path, columns: dict[str, Column | None], max_gib: float
) -> ScoredUsers:
    """Take the users of a file of (user, item) rows, in the order of their first rows.

    A model with a vector for each of its users scores those of them that the file has.

    Args:
        model: The model.
        path: Text, plain or gzipped, with a header; or Parquet.
        columns: Name or position of "user" and "item"; None for usual names to tell.
        max_gib: What the file may hold, unpacked.

    Raises:
        FileNotFoundError: If there is no file.
        ValueError: If it does not hold such columns, or nobody that the model can score.
    """
    pairs = (
        read_table(path, None, True, columns, max_gib)
        .frame.select("user", "item")
        .unique(maintain_order=True)
    )
    users = pairs.select("user").unique(maintain_order=True)
    notes = []
    rows = None
    if model.kind == FACTORS:
        known = _numbered("user", model.user_ids)
        all_users = users.height
        users = users.join(known, on="user", how="inner", maintain_order="left")
        rows = users["row"].to_numpy()
        if unknown := all_users - users.height:
            notes.append(
                f"{unknown:,} of {all_users:,} users of {path} are none of the model's and are "
                "left out."
            )
    if users.is_empty():
        raise ValueError(f"{path} names no user that the model can score.")
    items = _numbered("item", model.item_ids)
    if unknown := pairs.select("item").unique().join(items, on="item", how="anti").height:
        notes.append(f"{unknown:,} items of {path} are none of the model's and count for nothing.")
    users = users.select("user").with_row_index("place")
    known_pairs = (
        pairs.join(items, on="item", how="inner")
        .join(users, on="user", how="inner")
        .sort("place", "row")
    )
    counts = np.bincount(known_pairs["place"].to_numpy(), minlength=users.height)
    return ScoredUsers(
        users["user"].to_list(),
        rows,
        _offsets(counts),
        known_pairs["row"].to_numpy(),
        tuple(notes),
    )


def some_of(users: ScoredUsers, places: np.ndarray) -> ScoredUsers:
    """Take the users at some places, with what they have."""
    ids: list[str] = [users.ids[int(place)] for place in places]
    histories = [
        users.items[start:end]
        for start, end in zip(users.offsets[places], users.offsets[places + 1], strict=True)
    ]
    return ScoredUsers(
        ids,
        None if users.rows is None else users.rows[places],
        _offsets(np.array([len(history) for history in histories], np.int64)),
        np.concatenate([users.items[:0], *histories]),
    )


def _numbered(name: str, ids: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame({name: pl.Series(ids, dtype=pl.String)}).with_row_index("row")


def _offsets(counts: np.ndarray, num_users: int | None = None) -> np.ndarray:
    offsets = np.zeros((len(counts) if num_users is None else num_users) + 1, np.int64)
    np.cumsum(counts, dtype=np.int64, out=offsets[1 : 1 + len(counts)])
    return offsets
