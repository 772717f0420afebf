"""A file of ranked lists that a student learns from, in the place of a network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LISTED, EMBEDDED = "Listed", "EmbeddedLists"
PLACED = "rankdistill.backbones.placed_lists.PlacedLists"
"""The classes of teachers that are read from a file."""


@dataclass(kw_only=True)
class TeacherFile:
    """Where ranked lists lie, and what their columns are called; all None for other teachers.

    Attributes:
        path: Text or Parquet with a row for each user and item, or a folder that score wrote.
        user_column: Name or position; None for a usual name to tell.
        item_column: Name or position; None for a usual name to tell.
        score_column: Name or position.
        confidence_column: Name or position of how much to trust a list; None: all alike.
        end_column: Name or position of how many of its user's items a list reads; None: each user
            has one list.
        item_embeddings: A file with a vector for each item; None: there are none.
        user_embeddings: A file with a vector for each user; None: there are none.
        max_gib: What a file may hold, unpacked.
    """

    path: str | None = None
    user_column: str | int | None = None
    item_column: str | int | None = None
    score_column: str | int | None = None
    confidence_column: str | int | None = None
    end_column: str | int | None = None
    item_embeddings: str | None = None
    user_embeddings: str | None = None
    max_gib: float | None = None

    @property
    def places(self) -> dict[str, str]:
        """The files that are named, by setting."""
        named = {
            "path": self.path,
            "item_embeddings": self.item_embeddings,
            "user_embeddings": self.user_embeddings,
        }
        return {name: place for name, place in named.items() if place is not None}

    def check_files(self, key: str) -> None:
        """Refuse lists that are not named, or files that are not there.

        Args:
            key: Where the teacher stands in the configuration.
        """
        if self.path is None:
            raise ValueError(
                f"No file of ranked lists is named: type {key}.path=..., a file with the columns "
                "user, item and score."
            )
        for name, place in self.places.items():
            if not place or not Path(place).exists():
                raise FileNotFoundError(
                    f"There is no file {place} (from {Path.cwd()}); {key}.{name}=... names another."
                )
