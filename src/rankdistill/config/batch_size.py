"""A batch that grows with the data, so that an epoch of a million users is as many steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from rankdistill.building import did_you_mean


@dataclass(kw_only=True)
class GrowingBatch:
    """The size of a batch by a rule.

    A step updates every row of the model, so that an epoch of many small batches takes the users
    times the steps.

    Attributes:
        least: Pairs, or whole users, in a batch of small data.
        batches: Batches in an epoch of large data.
        cells: Most scores of whole users at once, users x items; None for batches of pairs.
    """

    least: int
    batches: int
    cells: int | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None and field.name == "cells":
                continue
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(
                    f"training.batch_size.{field.name} must be a whole number of at least 1, got "
                    f"{value!r}."
                )

    @classmethod
    def of(cls, node: Mapping[str, Any]) -> GrowingBatch:
        """Make one of a node of the configuration, with a ValueError that names a wrong key."""
        known = [field.name for field in fields(cls)]
        for key in node:
            if key not in known:
                raise ValueError(
                    f"There is no setting 'training.batch_size.{key}'{did_you_mean(key, known)}"
                )
        for key in ("least", "batches"):
            if key not in node:
                raise ValueError(f"training.batch_size needs {key}, or is a number.")
        return cls(**node)

    def size(self, num_rows: int, num_items: int) -> int:
        """Return the size for data of so many pairs, or users with a pair, and items."""
        grown = math.ceil(num_rows / self.batches)
        if self.cells is not None:
            grown = min(grown, self.cells // num_items)
        return max(self.least, grown)
