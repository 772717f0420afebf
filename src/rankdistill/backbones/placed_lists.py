"""A teacher of ranked lists that were made for places in users' histories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from rankdistill.backbones.listed import Listed, RankedLists
from rankdistill.draws.draws import Draws
from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences

_NOBODY = 2**31
"""Owner of the empty list, above all users."""


class PlacedLists(Listed):
    """Ranks for a context by the last list of its user that reads no more items than it.

    The last list is empty: contexts in front of the first list of their user read it.

    Args:
        num_users: Number of users.
        num_items: Size of the catalogue.
    """

    listed_for = "places"

    users: Tensor
    ends: Tensor

    def __init__(self, num_users: int, num_items: int):
        super().__init__(num_users, num_items)
        self.num_users = num_users
        self.register_buffer("users", torch.zeros(0, dtype=torch.int64))
        self.register_buffer("ends", torch.zeros(0, dtype=torch.int64))
        self._make_room(0)
        self._sequences: Sequences | None = None

    @override
    def take(self, lists: RankedLists) -> None:
        assert lists.users is not None
        assert lists.ends is not None
        empty = lists.offsets.new_zeros(1)
        padded = lists._replace(
            offsets=torch.cat([lists.offsets, lists.offsets[-1:]]),
            confidences=torch.cat([lists.confidences, lists.confidences.new_zeros(1)]),
        )
        self._make_room(len(padded.confidences))
        super().take(padded)
        self.users.copy_(torch.cat([lists.users, empty + _NOBODY]))
        self.ends.copy_(torch.cat([lists.ends, empty]))

    def remember_order(self, sequences: Sequences, draws: Draws | None = None) -> None:
        """Take every user's items, which tell where a context without an end stands."""
        self._sequences = sequences

    @override
    def lists_of(self, contexts: Contexts) -> Tensor:
        if self._sequences is None:
            raise ValueError("Lists for places read where histories end: let them remember these.")
        self._sequences = self._sequences.to(contexts.device)
        ends = self._sequences.ends_of(contexts)
        most = torch.maximum(self.ends.max(), ends.max() if len(ends) else ends.sum()) + 1
        keys = contexts.user_ids * most + ends
        found = torch.searchsorted(self.users * most + self.ends, keys, right=True) - 1
        is_own = self.users[found.clamp_min(0)] == contexts.user_ids
        return torch.where(is_own & (found >= 0), found, len(self.users) - 1)

    @override
    def owners(self) -> Tensor:
        return self.users[:-1]

    @override
    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Load the lists of a checkpoint, however many they are.

        Raises:
            RuntimeError: If they do not fit each other, or the users and items.
        """
        self._make_room(state_dict["users"].numel())
        found = super().load_state_dict(state_dict, strict, assign)
        users, steps = self.users, self.users.diff()
        is_next = (steps > 0) | ((steps == 0) & (self.ends.diff() > 0))
        if len(users) == 0 or int(users[-1]) != _NOBODY or not bool(is_next.all()):
            raise RuntimeError("the lists are not in the order of users and places")
        if len(users) > 1 and not 0 <= int(users[0]) <= int(users[-2]) < self.num_users:
            raise RuntimeError("the lists are of users that are not there")
        return found

    def _make_room(self, num_lists: int) -> None:
        self.offsets = self.offsets.new_zeros(num_lists + 1)
        self.confidences = self.confidences.new_ones(num_lists)
        self.users = self.users.new_zeros(num_lists)
        self.ends = self.ends.new_zeros(num_lists)
