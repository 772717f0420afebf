"""Which ranked list each row of a file belongs to: one of a user, or one of a place."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions


class ListPlaces(NamedTuple):
    """Lists, and the list of each row.

    Attributes:
        list_ids: (num_rows,) int64.
        users: (num_lists,) int64, whose each list is.
        ends: (num_lists,) int64, how many of its user's items each list reads; None: each user has
            one list, for all places.
    """

    list_ids: np.ndarray
    users: Tensor
    ends: Tensor | None


def place_lists(users: np.ndarray, ends: np.ndarray | None, num_users: int) -> ListPlaces:
    """Number lists by user, and where rows have ends by user and end.

    Args:
        users: (num_rows,) int64.
        ends: (num_rows,) whole numbers, or None.
        num_users: Number of users; without ends each of them has a list, though it may be empty.
    """
    if ends is None:
        return ListPlaces(users, torch.arange(num_users), None)
    most = int(ends.max()) + 1
    keys, list_ids = np.unique(users * most + ends.astype(np.int64), return_inverse=True)
    return ListPlaces(list_ids, torch.from_numpy(keys // most), torch.from_numpy(keys % most))


def note_of_places(lists: ListPlaces, known: Interactions) -> str | None:
    """Tell of lists that read more items than their users have; None where none does."""
    if lists.ends is None:
        return None
    beyond = int((lists.ends > known.counts[lists.users]).sum())
    if beyond == 0:
        return None
    return (
        f"{beyond:,} of {len(lists.users):,} lists are for places after more items than their "
        "users have, and are never read: is the end the number of items before the place?"
    )
