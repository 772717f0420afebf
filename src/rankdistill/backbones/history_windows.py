"""The windows of users' histories that a network of bounded length reads for some contexts."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.backbones.packed_rows import PackedRows
from rankdistill.histories.contexts import Contexts


class HistoryWindows:
    """Cuts histories into windows of at most ``length`` items, counted back from their ends.

    A context reads its own window, from the window's first item up to the context's end. So a whole
    history is read by its last ``length`` items, and all contexts among these are read together.
    What a context reads does not depend on the other contexts.

    Args:
        offsets: (num_users + 1,) int64; user u has ``items[offsets[u]:offsets[u + 1]]``.
        items: (num_interactions,) int64, in each user's order.
        contexts: What is to be read.
        length: Items in a window.
    """

    def __init__(self, offsets: Tensor, items: Tensor, contexts: Contexts, length: int):
        self._offsets = offsets
        self._length = length
        self._windows_of_user = len(items) // length + 1  # at most; to count them would wait
        ends = self._ends_of(contexts)
        self._keys, which = self._keys_of(contexts.user_ids, ends).unique(return_inverse=True)
        users = self._keys // self._windows_of_user
        back = self._keys % self._windows_of_user
        self._starts = (self._counts_of(users) - (back + 1) * length).clamp_min_(0)
        lasts = torch.zeros_like(self._starts).scatter_reduce_(0, which, ends, "amax")
        lengths, order = (lasts - self._starts).sort(stable=True)
        filled = order[lengths > 0]
        self.rows = PackedRows(lengths[lengths > 0])
        self._first_entries = torch.zeros_like(self._starts)
        self._first_entries[filled] = self.rows.offsets[:-1]
        firsts = (offsets.index_select(0, users) + self._starts).index_select(0, filled)
        self.items = items[firsts.index_select(0, self.rows.rows) + self.rows.positions]

    def entries_of(self, contexts: Contexts) -> Tensor:
        """Find the last item that a context reads, among the packed entries of all windows.

        Args:
            contexts: Some of those that are read.

        Returns:
            (n,) int64; -1 where a context has no item.
        """
        ends = self._ends_of(contexts)
        windows = torch.searchsorted(self._keys, self._keys_of(contexts.user_ids, ends))
        places = self._first_entries[windows] + ends - self._starts[windows] - 1
        return torch.where(ends > 0, places, -1)

    def _ends_of(self, contexts: Contexts) -> Tensor:
        return self._counts_of(contexts.user_ids) if contexts.ends is None else contexts.ends

    def _keys_of(self, user_ids: Tensor, ends: Tensor) -> Tensor:
        back = (self._counts_of(user_ids) - ends) // self._length
        return user_ids * self._windows_of_user + back

    def _counts_of(self, user_ids: Tensor) -> Tensor:
        return self._offsets.index_select(0, user_ids + 1) - self._offsets.index_select(0, user_ids)
