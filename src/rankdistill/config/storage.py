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


@dataclass(kw_only=True)
class TrainedStorage(Storage):
    """How model.rank holds the weights of a model that is trained now.

    Attributes:
        rounded_epochs: Last epochs in which students learn with weights rounded as stored.
    """

    rounded_epochs: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rounded_epochs and self.bits > 8:
            raise ValueError(
                f"storage.rounded_epochs={self.rounded_epochs} rounds weights of 8 bits and fewer, "
                f"and storage.bits is {self.bits}: choose storage=int8, int6, int5 or int4."
            )
