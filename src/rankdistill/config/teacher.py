"""The model that a distilled student learns from."""

from __future__ import annotations

from dataclasses import dataclass

from rankdistill.building import Component
from rankdistill.config.places import check_checkpoint
from rankdistill.config.seeds import ModelSeeds
from rankdistill.config.teacher_file import EMBEDDED, LISTED, PLACED, TeacherFile
from rankdistill.config.training import Training


@dataclass(kw_only=True)
class TeacherConfig(TeacherFile):
    """A teacher, and where it is kept.

    Attributes:
        backbone: Its scoring network.
        ranking_loss: Its objective; None: it is solved in closed form, or put together.
        training: How it learns; None where it does not learn by gradient.
        members: Of an ensemble, the teachers by name.
        seed: Its own seeds.
        checkpoint: A model.ckpt from anywhere; None: the teacher is found in the store, or made.
        store: Folder of all teachers that were made here.
    """

    backbone: Component
    ranking_loss: Component | None
    training: Training | None
    members: dict[str, TeacherConfig] | None = None
    seed: ModelSeeds
    checkpoint: str | None
    store: str

    def __post_init__(self) -> None:
        if self.is_file and None not in (self.path, self.checkpoint):
            raise ValueError(
                "teacher.path and teacher.checkpoint are both given: leave one of them out."
            )
        if (self.item_embeddings is None) != (self.user_embeddings is None):
            missing = "item" if self.item_embeddings is None else "user"
            raise ValueError(
                "Embeddings are compared of users and items: type "
                f"teacher.{missing}_embeddings=... too."
            )
        for name, member in (self.members or {}).items():
            if member.is_file:
                raise ValueError(
                    f"teacher.members.{name} is a file of lists, and an ensemble needs its "
                    "members' scores of all items: choose another member."
                )
        if self.end_column is not None and self.item_embeddings is not None:
            raise ValueError(
                "Embeddings are of users, and teacher.end_column has lists for places in their "
                "histories: leave one of them out."
            )
        if self.is_file and self.end_column is not None:
            self.backbone = Component(PLACED, self.backbone.settings)
        if self.is_file and self.item_embeddings is not None:
            target = f"{self.backbone.target.rpartition('.')[0]}.{EMBEDDED}"
            self.backbone = Component(target, self.backbone.settings)

    @property
    def is_file(self) -> bool:
        """Whether the teacher is read from a file of ranked lists."""
        return self.backbone.name in (LISTED, EMBEDDED, PLACED.rpartition(".")[2])

    def check_places(self, key: str) -> None:
        """Refuse a checkpoint or a file that is not there, of this teacher or of a member.

        Args:
            key: Where the teacher stands in the configuration.
        """
        if self.checkpoint is not None:
            check_checkpoint(f"{key}.checkpoint", self.checkpoint)
        elif self.is_file:
            self.check_files(key)
        for name, member in (self.members or {}).items():
            member.check_places(f"{key}.members.{name}")
