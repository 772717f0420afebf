"""The training pairs that some backbones score with, kept in their checkpoints."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rankdistill.kernels.ragged_rows import entries_of_rows


class ObservedPairs(nn.Module):
    """User and item ids of training pairs, sorted by user, empty until they are set.

    A checkpoint that holds any number of pairs can be loaded.

    Args:
        num_users: Number of users.
    """

    user_offsets: Tensor
    item_ids: Tensor

    def __init__(self, num_users: int):
        super().__init__()
        self.num_users = num_users
        self.register_buffer("user_offsets", torch.zeros(num_users + 1, dtype=torch.int64))
        self.register_buffer("item_ids", torch.zeros(0, dtype=torch.int32))

    def set(self, user_ids: Tensor, item_ids: Tensor) -> None:
        """Keep (num_pairs,) pairs that are sorted by user.

        Raises:
            ValueError: If they are not sorted.
        """
        if bool((user_ids.diff() < 0).any()):
            raise ValueError("the pairs must be sorted by user.")
        counts = torch.bincount(user_ids, minlength=self.num_users)
        self.user_offsets[1:] = counts.cumsum(0)
        self.item_ids = item_ids.to(torch.int32)

    def indicators(self, user_ids: Tensor, num_items: int) -> Tensor:
        """(batch,) user ids to (batch, num_items) float32, one where the pair was observed."""
        rows, places = entries_of_rows(self.user_offsets, user_ids)
        cells = rows * num_items + self.item_ids[places].long()
        flat = torch.zeros(len(user_ids) * num_items, device=user_ids.device)
        flat[cells] = 1.0
        return flat.view(len(user_ids), num_items)

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *args: Any, **kwargs: Any
    ) -> None:
        """Make room for as many pairs as the checkpoint has."""
        stored = state_dict.get(f"{prefix}item_ids")
        if isinstance(stored, Tensor):
            self.item_ids = self.item_ids.new_empty(stored.shape)
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)
