"""The model that a distilled student learns from."""

from __future__ import annotations

from dataclasses import dataclass

from rankdistill.building import Component
from rankdistill.config.places import check_checkpoint
from rankdistill.config.seeds import ModelSeeds
from rankdistill.config.training import Training


@dataclass(kw_only=True)
class TeacherConfig:
    """A teacher, and where it is kept.

    Attributes:
        backbone: Its scoring network.
        ranking_loss: Its objective; None: it is solved in closed form, or put together.
        training: How it learns; None where it does not learn by gradient.
        members: Of an ensemble, the teachers by name.
        seed: Its own seeds.
        checkpoint: A model.ckpt from anywhere; None: the teacher is found in the store, or trained.
        store: Folder of all teachers that were made here.
    """

    backbone: Component
    ranking_loss: Component | None
    training: Training | None
    members: dict[str, TeacherConfig] | None = None
    seed: ModelSeeds
    checkpoint: str | None
    store: str

    def check_places(self, key: str) -> None:
        """Refuse a checkpoint that is not there, of this teacher or of a member.

        Args:
            key: Where the teacher stands in the configuration.
        """
        if self.checkpoint is not None:
            check_checkpoint(f"{key}.checkpoint", self.checkpoint)
        for name, member in (self.members or {}).items():
            member.check_places(f"{key}.members.{name}")
