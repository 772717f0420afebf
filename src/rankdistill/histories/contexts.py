"""Contexts: for whom, and where in their history, the next item is ranked."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import torch
from torch import Tensor


@dataclass(eq=False)  # not frozen: Lightning puts converted tensors into batches
class Contexts:
    """Where in users' histories the next item is ranked from.

    A network that reads no order, or knows users by a table, may leave the ends alone.

    Attributes:
        user_ids: (batch,) int64; repeats are allowed.
        ends: (batch,) int64, how many of the user's items, in order, may be read; None: all that
            the network remembers.
        first: The number of the first user, where users are numbered one after the other. So the
            program knows the users without a look at the device. None: they are any users.
    """

    user_ids: Tensor
    ends: Tensor | None = None
    first: int | None = None

    def __len__(self) -> int:
        return len(self.user_ids)

    def __getitem__(self, rows: Tensor | slice) -> Contexts:
        """Take some rows: (n,) int64 positions, or a slice."""
        ends = None if self.ends is None else self.ends[rows]
        return Contexts(self.user_ids[rows], ends)

    @property
    def device(self) -> torch.device:
        """Where the tensors lie."""
        return self.user_ids.device

    def split(self, size: int) -> list[Contexts]:
        """Cut into blocks of at most ``size`` rows."""
        users = self.user_ids.split(size)
        ends = [None] * len(users) if self.ends is None else self.ends.split(size)
        if self.first is None:
            return list(map(Contexts, users, ends))
        return list(map(Contexts, users, ends, count(self.first, size)))

    def distinct(self) -> tuple[Contexts, Tensor]:
        """Find the contexts that differ.

        Returns:
            Each of them once, ascending by user and end, and (n,) int64 how often each occurs.
        """
        if self.ends is None:
            users, counts = self.user_ids.unique(return_counts=True)
            return Contexts(users), counts
        most = self.ends.max() + 1 if len(self) else 1
        keys, counts = (self.user_ids * most + self.ends).unique(return_counts=True)
        return Contexts(keys // most, keys % most), counts

    @classmethod
    def of_all_users(cls, num_users: int, device: torch.device) -> Contexts:
        """Make one context for each user, at the end of what the network remembers."""
        return cls(torch.arange(num_users, device=device), first=0)
