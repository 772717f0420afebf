"""Users' items in their order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rankdistill.histories.contexts import Contexts


@dataclass(frozen=True, eq=False)
class Sequences:
    """Every user's items in order.

    Attributes:
        offsets: (num_users + 1,) int64; user u has ``items[offsets[u]:offsets[u + 1]]``.
        items: (num_interactions,) int64.
        num_items: Size of the catalogue.
    """

    offsets: Tensor
    items: Tensor
    num_items: int

    def ends_of(self, contexts: Contexts) -> Tensor:
        """(batch,) int64, how many items each context reads."""
        if contexts.ends is not None:
            return contexts.ends
        first = self.offsets.index_select(0, contexts.user_ids)
        return self.offsets.index_select(0, contexts.user_ids + 1) - first

    def numbers_of(self, contexts: Contexts) -> Tensor:
        """(batch,) int64, another number for every user and end."""
        first = self.offsets.index_select(0, contexts.user_ids)
        return first + contexts.user_ids + self.ends_of(contexts)

    def to(self, device: torch.device) -> Sequences:
        """Move to a device."""
        return replace(self, offsets=self.offsets.to(device), items=self.items.to(device))
