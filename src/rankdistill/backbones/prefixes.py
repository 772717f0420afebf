"""What users have had up to a place in their history, for networks that read no order."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rankdistill.backbones.histories import Histories
from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences
from rankdistill.kernels.ragged_rows import entries_of_rows


class Prefixes:
    """The items in front of places in histories, as sets.

    The order of items is found when it is first asked for: most trainings never ask.

    Args:
        find_order: Makes the sequences of all users.
    """

    def __init__(self, find_order: Callable[[], Sequences]):
        self._find_order = find_order
        self._sequences: Sequences | None = None

    def sequences(self, device: torch.device) -> Sequences:
        """Find every user's items in order, on a device."""
        if self._sequences is None:
            self._sequences = self._find_order()
        self._sequences = self._sequences.to(device)
        return self._sequences

    def of(self, contexts: Contexts) -> Histories:
        """Take what each context reads: a row for each, in their order."""
        sequences = self.sequences(contexts.device)
        offsets, rows, items = prefixes_of(sequences, contexts)
        keys = (rows * sequences.num_items + items).sort().values
        return Histories(offsets, keys % sequences.num_items, sequences.num_items)


def prefixes_of(sequences: Sequences, contexts: Contexts) -> tuple[Tensor, Tensor, Tensor]:
    """Take the items that each context reads, in the user's order.

    Args:
        sequences: Every user's items.
        contexts: Repeats are allowed.

    Returns:
        (batch + 1,) offsets: context c reads ``items[offsets[c]:offsets[c + 1]]``; the row of each
        item, (n,); and the items, (n,), all int64.
    """
    firsts = sequences.offsets.index_select(0, contexts.user_ids)
    ends = sequences.ends_of(contexts)
    bounds = torch.stack([firsts, firsts + ends], dim=1).view(-1)
    rows, places = entries_of_rows(bounds, 2 * torch.arange(len(ends), device=ends.device))
    offsets = torch.cat([ends.new_zeros(1), ends.cumsum(0)])
    return offsets, rows, sequences.items.index_select(0, places)
