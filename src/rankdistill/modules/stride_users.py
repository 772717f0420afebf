"""The distinct users of batches of pairs, found for a whole stride at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

_COUNTED = 2**20  # users x batches counted at once, 8 MiB


class DistinctUsers(NamedTuple):
    """Users of a batch, each once.

    Attributes:
        user_ids: (n,) int64, ascending.
        shares: (n,) each user's share of the batch's pairs; sums to one.
    """

    user_ids: Tensor
    shares: Tensor


class StrideUsers:
    """Finds the users of every batch of a stride when the first batch asks.

    Their number has to be read from the device, and reading makes the program wait for a GPU. So
    it is read for ``_COUNTED`` users x batches at once, and not at every step.

    Args:
        batches: (batch,) int64 user of each pair, for every batch of a stride.
        user_pairs: Number of pairs at the start of a batch whose users ``of_first_pairs`` holds;
            None: all pairs.

    Attributes:
        user_pairs: As given.
    """

    def __init__(self, batches: Sequence[Tensor], user_pairs: int | None = None):
        self._batches = batches
        self.user_pairs = user_pairs

    @cached_property
    def of_all_pairs(self) -> list[DistinctUsers]:
        """The users of each batch."""
        return distinct_users(self._batches)

    @cached_property
    def of_first_pairs(self) -> list[DistinctUsers]:
        """The users of each batch's first pairs: a sample of it, since its order is random."""
        if all(len(pairs) <= (self.user_pairs or len(pairs)) for pairs in self._batches):
            return self.of_all_pairs
        return distinct_users([pairs[: self.user_pairs] for pairs in self._batches])


class UsersOfPairs:
    """The users of one batch as its pairs have them, repeats included.

    A mean over them is the mean over distinct users, and its shape is known beforehand.

    Args:
        user_ids: (batch,) int64, the user of each pair.
        shares: (batch,) what each pair weighs, summing to one; None: all alike.
        user_pairs: See StrideUsers.
    """

    def __init__(self, user_ids: Tensor, shares: Tensor | None, user_pairs: int | None):
        self._user_ids, self._shares = user_ids, shares
        self.user_pairs = user_pairs

    @property
    def of_all_pairs(self) -> list[DistinctUsers]:
        """Each pair's user."""
        shares, size = self._shares, len(self._user_ids)
        if shares is None:
            shares = torch.full((size,), 1.0 / max(size, 1), device=self._user_ids.device)
        return [DistinctUsers(self._user_ids, shares)]

    @property
    def of_first_pairs(self) -> list[DistinctUsers]:
        """The users of the first pairs."""
        (found,) = self.of_all_pairs
        users, shares = (part[: self.user_pairs] for part in found)
        return [DistinctUsers(users, shares / shares.sum())]


def distinct_users(batches: Sequence[Tensor]) -> list[DistinctUsers]:
    """Count every user's pairs in every batch, without the sort that ``unique`` needs.

    Args:
        batches: (n,) int64 user ids, of any length each, on one device.

    Returns:
        The users of each.
    """
    if not any(map(len, batches)):
        return [DistinctUsers(pairs, pairs.float()) for pairs in batches]
    num_users = 1 + int(torch.cat(tuple(batches)).max())
    at_once = max(1, _COUNTED // num_users)
    found: list[DistinctUsers] = []
    for start in range(0, len(batches), at_once):
        found += _counted(batches[start : start + at_once], num_users)
    return found


def _counted(batches: Sequence[Tensor], num_users: int) -> list[DistinctUsers]:
    keys = torch.cat([pairs + row * num_users for row, pairs in enumerate(batches)])
    counts = torch.bincount(keys, minlength=len(batches) * num_users)
    cells = counts.nonzero().squeeze(1)
    rows = cells.div(num_users, rounding_mode="floor")
    sizes = keys.new_tensor([max(len(pairs), 1) for pairs in batches])
    shares = counts.index_select(0, cells) / sizes.index_select(0, rows)
    lengths = torch.bincount(rows, minlength=len(batches)).tolist()
    user_ids = cells - rows * num_users
    return list(map(DistinctUsers, user_ids.split(lengths), shares.split(lengths)))
