"""(user, item) pairs that a source lists more than once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from rankdistill.data.interactions import Interactions, Labels
from rankdistill.data.read_table import ReadTable


def repeated_rows(pairs: np.ndarray) -> np.ndarray:
    """Find the rows whose pair an earlier row has, ascending.

    Args:
        pairs: (n,) int64, a number for each pair.
    """
    ordered = np.sort(pairs)  # far faster than a stable argsort, and mostly all that is needed
    if (ordered[1:] != ordered[:-1]).all():
        return np.empty(0, dtype=np.int64)
    order = np.argsort(pairs, kind="stable")
    repeats = pairs[order[1:]] == pairs[order[:-1]]
    return np.sort(order[1:][repeats])


def last_rows(pairs: np.ndarray, timestamps: np.ndarray | None) -> np.ndarray:
    """Find the latest row of each pair, the last in the file among equal times; ascending.

    Args:
        pairs: (n,) int64, a number for each pair.
        timestamps: (n,) numbers, or None if the order of the rows is all there is.
    """
    if len(repeated_rows(pairs)) == 0:
        return np.arange(len(pairs))
    if timestamps is None:
        order = np.argsort(pairs, kind="stable")
    else:
        order = np.lexsort((timestamps, pairs))
    is_last = np.ones(len(order), dtype=bool)
    is_last[:-1] = pairs[order[1:]] != pairs[order[:-1]]
    return np.sort(order[is_last])


def refuse_duplicates(table: ReadTable, pairs: np.ndarray, labels: Labels) -> None:
    """Raise a ValueError with the line of the first repeated pair, if there is one.

    Args:
        table: What the pairs were read from.
        pairs: (n,) int64, ``user * num_items + item``.
        labels: Names of users and items.
    """
    rows = repeated_rows(pairs)
    if len(rows) == 0:
        return
    user, item = divmod(int(pairs[rows[0]]), len(labels.items))
    place = table.place(int(rows[0]))
    raise ValueError(
        f"{table.source} repeats {len(rows)} (user, item) pair{'s' * (len(rows) > 1)}; the first "
        f"is user {labels.users[user]}, item {labels.items[item]} in "
        f"{place[0].lower()}{place[1:]}. Set data.duplicates=last to keep only the latest."
    )


def refuse_shared_pairs(a: Interactions, b: Interactions, a_path: Path, b_path: Path) -> None:
    """Raise a ValueError that names two files, if a pair is in both."""
    at = torch.searchsorted(a.keys, b.keys).clamp(max=a.num_interactions - 1)
    shared = (a.keys[at] == b.keys).nonzero().flatten()
    if len(shared) == 0:
        return
    first = int(shared[0])
    assert b.labels is not None
    raise ValueError(
        f"{len(shared)} (user, item) pair{'s are' if len(shared) > 1 else ' is'} in both {a_path} "
        f"and {b_path}; the first is user {b.labels.users[int(b.user_ids[first])]}, "
        f"item {b.labels.items[int(b.item_ids[first])]}."
    )
