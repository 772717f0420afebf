"""Ranked lists whose users and items are those of the data."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
import torch
from torch import Tensor

from rankdistill.data.duplicates import repeated_rows
from rankdistill.data.interactions import Interactions
from rankdistill.data.list_places import note_of_places, place_lists
from rankdistill.data.list_rows import ListRows
from rankdistill.data.nearest_names import with_nearest
from rankdistill.kernels.strict_order import without_ties

logger = logging.getLogger(__name__)

_MOST_TOLD = 3
"""Unknown names that a note tells."""


class TeacherLists(NamedTuple):
    """Listed items, list after list, each best first.

    Attributes:
        list_ids: (num_listed,) int64, ascending.
        item_ids: (num_listed,) int64.
        scores: (num_listed,) float32, falling within a list; of equal ones the first row of the
            file stays first, and the others are lowered by the least that a number can be.
        users: (num_lists,) int64, whose each list is: every user once; of lists for places in
            histories ascending by user, then by place.
        confidences: (num_lists,) float32, the mean over the rows of a list; 1 for an empty one.
        notes: What a person should know of names that the data lack, and of users without a list.
        ends: (num_lists,) int64, how many of its user's items each list reads; None: each user has
            one list, for all places.
    """

    list_ids: Tensor
    item_ids: Tensor
    scores: Tensor
    users: Tensor
    confidences: Tensor
    notes: tuple[str, ...]
    ends: Tensor | None = None

    @property
    def user_ids(self) -> Tensor:
        """(num_listed,) int64, ascending: whose each listed item is."""
        return self.users[self.list_ids]

    def of_users(self, counts: Tensor) -> TeacherLists:
        """Take one list of every user, without a place: the last one for so many items, or fewer.

        Args:
            counts: (num_users,) int64, how many items each user has.
        """
        if self.ends is None:
            return self
        numbers = torch.arange(len(self.users))
        early = torch.where(self.ends <= counts[self.users], numbers, -1)
        last = torch.full_like(counts, -1).scatter_reduce(0, self.users, early, "amax")
        kept = (last[self.users] == numbers)[self.list_ids]
        confidences = torch.where(last < 0, 1.0, self.confidences[last])
        return TeacherLists(
            self.user_ids[kept],
            self.item_ids[kept],
            self.scores[kept],
            torch.arange(len(counts)),
            confidences,
            self.notes,
        )


def match_lists(rows: ListRows, known: Interactions) -> TeacherLists:
    """Find the users and items of lists among those of the data.

    Args:
        rows: As read.
        known: All interactions, with the names of users and items.

    Raises:
        ValueError: If the data have none of the users or none of the items, or a pair is listed
            twice.
    """
    labels = known.labels
    notes, ids = [], []
    for role, names, number in (
        ("user", None if labels is None else labels.users, known.num_users),
        ("item", None if labels is None else labels.items, known.num_items),
    ):
        own = known_names(names, number)
        found, note = _found(rows, role, own)
        ids.append(found)
        notes += [] if note is None else [note]
    is_known = (ids[0] >= 0) & (ids[1] >= 0)
    if not is_known.any():
        raise ValueError(f"No row of {rows.source} has both a user and an item of the data.")
    places = np.flatnonzero(is_known)
    users, items = (each[places] for each in ids)
    ends = rows.frame["end"].to_numpy()[places] if "end" in rows.frame.columns else None
    lists = place_lists(users, ends, known.num_users)
    if (note := note_of_places(lists, known)) is not None:
        notes.append(note)
    _refuse_repeated(rows, lists.list_ids * known.num_items + items, places)
    scores = rows.frame["score"].to_numpy()[places]
    order = np.lexsort((-scores, lists.list_ids))  # stable: of equal scores the first stays first
    list_ids, item_ids = torch.from_numpy(lists.list_ids[order]), torch.from_numpy(items[order])
    lengths = torch.bincount(list_ids, minlength=len(lists.users))
    starts = (lengths.cumsum(0) - lengths)[list_ids]
    positions = torch.arange(len(list_ids)) - starts
    falling = without_ties(torch.tensor(scores[order]), list_ids, positions)
    if without := known.num_users - len(np.unique(users)):
        notes.append(
            f"{without:,} of {known.num_users:,} users have no list: the teacher teaches them "
            "nothing, and ranks nothing for them."
        )
    confidences = _confidences(rows, lists.list_ids, places, lengths)
    return TeacherLists(
        list_ids, item_ids, falling, lists.users, confidences, tuple(notes), lists.ends
    )


def known_names(names: np.ndarray | None, number: int) -> pl.Series:
    """Name users or items as a file would: as the source does, else by their numbers."""
    return pl.Series(map(str, range(number) if names is None else names), dtype=pl.String)


def _found(rows: ListRows, role: str, known: pl.Series) -> tuple[np.ndarray, str | None]:
    """Look up the names of a column: (num_rows,) int64, -1 for unknown ones, and a note of these.

    Raises:
        ValueError: If none is known.
    """
    table = pl.DataFrame({"name": known}).with_row_index("id")
    names = pl.DataFrame({"name": rows.frame[role].str.strip_chars()})
    joined = names.join(table, on="name", how="left", maintain_order="left")
    ids = joined["id"].cast(pl.Int64).fill_null(-1).to_numpy()
    unknown = joined.filter(pl.col("id").is_null())["name"].unique(maintain_order=True)
    if not len(unknown):
        return ids, None
    told = _told(unknown.head(_MOST_TOLD).to_list(), known.to_list())
    num_names = names["name"].n_unique()
    if (ids < 0).all():
        raise ValueError(
            f"None of the {num_names:,} {role}s of {rows.source} is one of the data: {told}. Write "
            "ids as the data do."
        )
    more = ", ..." if len(unknown) > _MOST_TOLD else ""
    return ids, (
        f"{len(unknown):,} of {num_names:,} {role}s of {rows.source} are none of the data and are "
        f"left out: {told}{more}."
    )


def _told(unknown: Sequence[str], known: Sequence[str]) -> str:
    return ", ".join(with_nearest(name, known) for name in unknown)


def _refuse_repeated(rows: ListRows, pairs: np.ndarray, places: np.ndarray) -> None:
    repeated = repeated_rows(pairs)
    if len(repeated):
        row = int(places[repeated[0]])
        user, item = rows.frame["user"][row], rows.frame["item"][row]
        raise ValueError(
            f"{rows.place(row)} of {rows.source} lists the item {item} of the user {user} once "
            f"more ({len(repeated):,} rows do so): keep one row for each "
            f"{'user, end' if 'end' in rows.frame.columns else 'user'} and item."
        )


def _confidences(
    rows: ListRows, list_ids: np.ndarray, places: np.ndarray, lengths: Tensor
) -> Tensor:
    if "confidence" not in rows.frame.columns:
        return torch.ones(len(lengths))
    values = torch.tensor(rows.frame["confidence"].to_numpy()[places], dtype=torch.float64)
    sums = torch.zeros(len(lengths), dtype=torch.float64)
    sums.index_add_(0, torch.from_numpy(list_ids), values)
    return torch.where(lengths > 0, sums / lengths.clamp_min(1), 1.0).float()
