"""A teacher that is no network: ranked lists with scores, from a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from typing_extensions import override

from rankdistill.backbones.histories import Histories
from rankdistill.backbones.interface import Backbone, Served
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.ragged_rows import entries_of_rows

UNLISTED = -1e20
"""Score of every item that is not on a user's list, below all that a file may hold."""


class RankedLists(NamedTuple):
    """Lists of items with scores, and what goes with them.

    Attributes:
        offsets: (num_lists + 1,) int64; list l has the entries offsets[l] to offsets[l + 1].
        item_ids: (num_listed,) int64, best first within a list.
        scores: (num_listed,) float32, falling within a list.
        confidences: (num_lists,) float32, not negative: how much to trust each list.
        num_bytes: Of the files that the lists were read from.
        user_table: (num_users, embedding_dim) float32, or None.
        item_table: (num_items, embedding_dim) float32, or None.
        users: (num_lists,) int64, whose each list is, ascending; None: list u is that of user u.
        ends: (num_lists,) int64, how many of its user's items each list reads, ascending for each
            user; None: a list is for all places in the history.
    """

    offsets: Tensor
    item_ids: Tensor
    scores: Tensor
    confidences: Tensor
    num_bytes: int
    user_table: Tensor | None = None
    item_table: Tensor | None = None
    users: Tensor | None = None
    ends: Tensor | None = None


class Listed(Backbone):
    """Ranks a user's listed items by their scores, and all others alike below them.

    Args:
        num_users: Number of users.
        num_items: Size of the catalogue.

    Attributes:
        listed_for: What each list is for, in words.
    """

    listed_for: ClassVar[str] = "users"

    offsets: Tensor
    item_ids: Tensor
    confidences: Tensor
    num_bytes: Tensor

    def __init__(self, num_users: int, num_items: int):
        super().__init__()
        self.num_items = num_items
        self.register_buffer("offsets", torch.zeros(num_users + 1, dtype=torch.int64))
        self.register_buffer("item_ids", torch.zeros(0, dtype=torch.int64))
        self.register_buffer("confidences", torch.ones(num_users))
        self.register_buffer("num_bytes", torch.zeros(1, dtype=torch.int64))
        self.scores = nn.Parameter(torch.zeros(0), requires_grad=False)

    def take(self, lists: RankedLists) -> None:
        """Put lists in the place of those that were there before."""
        self._resize(len(lists.item_ids))
        self.offsets.copy_(lists.offsets)
        self.item_ids.copy_(lists.item_ids)
        self.scores.copy_(lists.scores)
        self.confidences.copy_(lists.confidences)
        self.num_bytes.fill_(lists.num_bytes)

    def lists_of(self, contexts: Contexts) -> Tensor:
        """Find the list that each context reads: (batch,) int64."""
        return contexts.user_ids

    def owners(self) -> Tensor:
        """(num_lists,) int64, whose each list is."""
        return torch.arange(len(self.confidences), device=self.confidences.device)

    @override
    def forward(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        return self.score_rows(contexts).gather(1, item_ids)

    @override
    def score_rows(self, contexts: Contexts) -> Tensor:
        rows = self.scores.new_full((len(contexts), self.num_items), UNLISTED)
        row_ids, entries = entries_of_rows(self.offsets, self.lists_of(contexts))
        rows[row_ids, self.item_ids[entries]] = self.scores[entries]
        return rows

    @override
    def score_histories(self, histories: Histories) -> Tensor:
        raise ValueError(
            "A file of ranked lists ranks for users by their names, and not from what they have "
            "had: leave out split=new_users, or choose another teacher."
        )

    @override
    def served(self) -> Served:
        return Served(source_bytes=int(self.num_bytes))

    @override
    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Load the lists of a checkpoint, however many they hold.

        Raises:
            RuntimeError: If they do not fit each other, or the users and items.
        """
        self._resize(state_dict["item_ids"].numel())
        found = super().load_state_dict(state_dict, strict, assign)
        steps, items = self.offsets.diff(), self.item_ids
        if int(self.offsets[0]) != 0 or int(self.offsets[-1]) != len(items):
            raise RuntimeError("the offsets do not end where the lists do")
        if bool((steps < 0).any()) or bool(((items < 0) | (items >= self.num_items)).any()):
            raise RuntimeError("the lists hold items that are not there")
        return found

    def _resize(self, num_listed: int) -> None:
        self.item_ids = self.item_ids.new_zeros(num_listed)
        self.scores = nn.Parameter(self.scores.new_zeros(num_listed), requires_grad=False)


class EmbeddedLists(Listed):
    """Ranked lists that come with embeddings, for methods that compare embeddings.

    Args:
        num_users: Number of users.
        num_items: Size of the catalogue.
    """

    user_table: Tensor
    item_table: Tensor

    def __init__(self, num_users: int, num_items: int):
        super().__init__(num_users, num_items)
        self.register_buffer("user_table", torch.zeros(num_users, 0))
        self.register_buffer("item_table", torch.zeros(num_items, 0))

    @override
    def take(self, lists: RankedLists) -> None:
        super().take(lists)
        assert lists.user_table is not None
        assert lists.item_table is not None
        self._widen(lists.user_table.shape[1])
        self.user_table.copy_(lists.user_table)
        self.item_table.copy_(lists.item_table)

    @override
    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        shape = state_dict["user_table"].shape
        self._widen(shape[1] if len(shape) == 2 else 0)
        return super().load_state_dict(state_dict, strict, assign)

    def _widen(self, embedding_dim: int) -> None:
        self.user_table = self.user_table.new_zeros(len(self.user_table), embedding_dim)
        self.item_table = self.item_table.new_zeros(len(self.item_table), embedding_dim)
