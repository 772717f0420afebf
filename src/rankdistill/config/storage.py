"""How the weights that ship are stored."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from rankdistill.config.bounds import check_bounds


@dataclass(kw_only=True)
class Storage:
    """How model.rank holds the weights.

    Attributes:
        bits: Of a weight.
    """

    bits: int

    def __post_init__(self) -> None:
        check_bounds("storage", asdict(self))
