"""One network's scores for one batch, each computed once however many losses read it."""

from __future__ import annotations

from torch import Tensor

from rankdistill.backbones.interface import Backbone


class BatchScores:
    """The student's view of a batch that ranking and distillation losses share.

    Args:
        backbone: The scoring network.
        user_ids: (batch,) int64.
        positive_items: (batch,) int64 where the batch is of pairs.
    """

    def __init__(self, backbone: Backbone, user_ids: Tensor, positive_items: Tensor | None):
        self.backbone = backbone
        self.user_ids = user_ids
        self.positive_items = positive_items
        self._rows: Tensor | None = None

    def of_items(self, item_ids: Tensor) -> Tensor:
        """(batch, n) item ids to (batch, n) raw scores, read off the whole row if it is there."""
        if self._rows is not None:
            return self._rows.gather(1, item_ids)
        return self.backbone(self.user_ids, item_ids)

    def rows(self) -> Tensor:
        """(batch, num_items) raw scores."""
        if self._rows is None:
            self._rows = self.backbone.score_rows(self.user_ids)
        return self._rows
