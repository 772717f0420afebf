"""What every scoring network offers."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Backbone(nn.Module, ABC):
    """A network that scores items for users, given their ids."""

    @abstractmethod
    def forward(self, user_ids: Tensor, item_ids: Tensor) -> Tensor:
        """Score some items per user.

        Args:
            user_ids: (batch,) int64.
            item_ids: (batch, n) int64.

        Returns:
            (batch, n) raw scores.
        """

    @abstractmethod
    def score_rows(self, user_ids: Tensor) -> Tensor:
        """Score the whole catalogue: (batch,) user ids to (batch, num_items) raw scores."""
