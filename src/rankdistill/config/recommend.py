"""What `rankdistill recommend` is told."""

from __future__ import annotations

from dataclasses import dataclass

from rankdistill.building import Component
from rankdistill.config.places import check_checkpoint, check_data_files


@dataclass(kw_only=True)
class RecommendConfig:
    """A trained model and a user.

    Attributes:
        checkpoint: Path of a model.ckpt.
        user: As the data name them.
        limit: Number of items.
        data: Where the interactions are; those that the model was trained on.
        allow_targets: Further module prefixes that a ``_target_`` may name.
    """

    checkpoint: str
    user: str
    limit: int
    data: Component
    allow_targets: list[str]

    def check_places(self) -> None:
        """Refuse a checkpoint or data that are not there."""
        check_checkpoint("checkpoint", self.checkpoint)
        check_data_files(self.data)
