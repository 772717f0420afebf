"""What `rankdistill inspect` is told."""

from __future__ import annotations

from dataclasses import dataclass

from rankdistill.building import Component
from rankdistill.config.places import check_data_files


@dataclass(kw_only=True)
class SplitSeed:
    """The seed of splits that nothing is trained on.

    Attributes:
        split: Of every split that is tried.
    """

    split: int


@dataclass(kw_only=True)
class InspectConfig:
    """Data, and the splits to try on them.

    Attributes:
        data: The data to describe.
        splits: By the name of their option.
        seed: Of the splits.
        allow_targets: Further module prefixes that a ``_target_`` may name.
    """

    data: Component
    splits: dict[str, Component]
    seed: SplitSeed
    allow_targets: list[str]

    def check_places(self) -> None:
        """Refuse data whose files are not there."""
        check_data_files(self.data)
