"""What `rankdistill export` is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rankdistill.building import Component
from rankdistill.config.places import check_checkpoint, check_output
from rankdistill.config.storage import Storage


@dataclass(kw_only=True)
class ExportConfig:
    """A trained model, and how it ships.

    Attributes:
        checkpoint: Path of a model.ckpt.
        output: Path of the model.rank to write.
        storage: Bits of a weight.
        seen: Whether the file holds what every user has.
        data: Where the interactions are, should no model.rank beside the checkpoint hold what is
            known of them.
        allow_targets: Further module prefixes that a ``_target_`` may name.
    """

    checkpoint: str
    output: str
    storage: Storage
    seen: bool
    data: Component
    allow_targets: list[str]

    def __post_init__(self) -> None:
        if Path(self.output).suffix != ".rank":
            raise ValueError(
                f"output must be the path of a .rank file to write, got {self.output}."
            )

    def check_places(self) -> None:
        """Refuse a checkpoint that is not there, and an output that cannot be written."""
        check_checkpoint("checkpoint", self.checkpoint)
        check_output("output", Path(self.output))
