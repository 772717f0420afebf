"""A split by each user's own time: the last share of what everybody has had is held out."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from rankdistill.data.interactions import Interactions
from rankdistill.data.parting import (
    TEST,
    VALIDATION,
    Split,
    check_shares,
    last_shares_of_each_user,
    parted,
)
from rankdistill.data.ties import check_ties, order_of_time, ties_of_each_user


@dataclass(frozen=True)
class LastShareSplit:
    """Hold out the last share of each user's items, and the share before it for validation.

    Shares are rounded; a user with too few items for that keeps them all in training.

    Args:
        validation: Share of a user's items before the test items.
        test: Share of a user's items, the very last ones.
        ties: What comes first of a user's items of one time: "random", by the generator, or
            "file", what comes first in the file.
    """

    validation: float
    test: float
    ties: str

    def __post_init__(self) -> None:
        check_shares(self.validation, self.test)
        check_ties(self.ties)

    def __call__(self, interactions: Interactions, generator: torch.Generator) -> Split:
        """Split by timestamp; the generator breaks ties."""
        order = order_of_time(interactions, "last-share", self.ties, generator)
        parts = last_shares_of_each_user(interactions, order, self.validation, self.test)
        ties = ties_of_each_user(interactions, parts >= VALIDATION, parts == TEST, self.ties)
        ties.tell(interactions.file_rows is not None)
        return parted(interactions, parts, self, ties)
