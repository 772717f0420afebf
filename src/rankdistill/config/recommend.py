"""What `rankdistill recommend` is told."""

from __future__ import annotations

from dataclasses import dataclass

from rankdistill.building import Component
from rankdistill.config.places import check_checkpoint, check_data_files


@dataclass(kw_only=True)
class RecommendConfig:
    """A trained model, and whom it recommends to.

    Attributes:
        model: Path of a model.rank, or empty.
        checkpoint: Path of a model.ckpt in its place.
        user: As the data name them, or empty.
        history: In its place: ids of what somebody has, the latest last. With a checkpoint, for
            networks that read the items in order alone.
        exclude: Ids of items to leave out, with a model.rank alone.
        limit: Number of items.
        data: Where the interactions are, for a checkpoint; those that the model was trained on.
        allow_targets: Further module prefixes that a ``_target_`` may name.
    """

    model: str
    checkpoint: str
    user: str
    history: list[str] | None
    exclude: list[str]
    limit: int
    data: Component
    allow_targets: list[str]

    def __post_init__(self) -> None:
        if bool(self.model) == bool(self.checkpoint):
            raise ValueError(
                "Give one model: model=... (a model.rank) or checkpoint=... (a model.ckpt)."
            )
        if self.checkpoint and self.exclude:
            raise ValueError(
                "exclude=... needs a model.rank: name it with model=..., or make it of the "
                "checkpoint with: rankdistill export checkpoint=... output=model.rank"
            )
        if bool(self.user) == (self.history is not None):
            raise ValueError(
                "Give one person: user=..., or history=ID,ID,... (with a checkpoint "
                "history=[ID,ID])."
            )

    def check_places(self) -> None:
        """Refuse a checkpoint or its data that are not there."""
        if self.checkpoint:
            check_checkpoint("checkpoint", self.checkpoint)
            check_data_files(self.data)
