"""How the weights that ship are stored."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(kw_only=True)
class Storage:
    """How weights.pt holds the weights.

    Attributes:
        bits: Of a weight.
    """

    bits: int

    def __post_init__(self) -> None:
        if self.bits not in {*range(2, 9), 16, 32}:
            raise ValueError(f"storage.bits must be 32, 16, or between 8 and 2, got {self.bits}.")
