"""The windows of users' histories that a network of bounded length reads for some contexts."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.backbones.packed_rows import RaggedRows
from rankdistill.histories.contexts import Contexts


class HistoryWindows:
    """Cuts histories into windows of at most ``length`` items.

    A context reads its own window, from the window's first item up to the context's end. A whole
    history is read by its last ``length`` items. All other contexts, from which an item of the
    history can be foretold, share windows, counted back from the last of them. What a context reads
    does not depend on the other contexts that are asked for.

    Args:
        offsets: (num_users + 1,) int64; user u has ``items[offsets[u]:offsets[u + 1]]``.
        items: (num_interactions,) int64, in each user's order.
        contexts: What is to be read.
        length: Items in a window.
    """

    def __init__(self, offsets: Tensor, items: Tensor, contexts: Contexts, length: int):
        self._offsets = offsets
        self._length = length
        self._most_starts = len(items) + 1
        users, ends, starts = self._windows_of(contexts)
        self._keys, which = (users * self._most_starts + starts).unique(return_inverse=True)
        users, self._starts = self._keys // self._most_starts, self._keys % self._most_starts
        lasts = torch.zeros_like(self._starts).scatter_reduce_(0, which, ends, "amax")
        lengths, order = (lasts - self._starts).sort(stable=True)
        filled = order[lengths > 0]
        self.rows = RaggedRows(lengths[lengths > 0])
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
        users, ends, starts = self._windows_of(contexts)
        windows = torch.searchsorted(self._keys, users * self._most_starts + starts)
        places = self._first_entries[windows] + ends - starts - 1
        return torch.where(ends > 0, places, -1)

    def _windows_of(self, contexts: Contexts) -> tuple[Tensor, Tensor, Tensor]:
        """The user, the end and the start of the window of each context."""
        users, length = contexts.user_ids, self._length
        counts = self._offsets.index_select(0, users + 1) - self._offsets.index_select(0, users)
        ends = counts if contexts.ends is None else contexts.ends
        back = (counts - 1 - ends).clamp_min(0) // length + 1
        starts = torch.where(ends == counts, counts - length, counts - 1 - back * length)
        return users, ends, starts.clamp_min_(0)
