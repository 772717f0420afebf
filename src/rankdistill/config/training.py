"""How a model learns: the optimiser and its batches."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from rankdistill.config.batch_size import GrowingBatch
from rankdistill.config.bounds import check_bounds


@dataclass(kw_only=True)
class Training:
    """Settings of Adam.

    Attributes:
        learning_rate: Size of a step.
        weight_decay: L2 coefficient.
        batch_size: Pairs, or whole users, as the ranking loss asks for: a number, or a GrowingBatch
            where the data decide.
        decay_epochs: Epochs over which the learning rate falls linearly to zero; None: it stays.
    """

    learning_rate: float
    weight_decay: float
    batch_size: Any
    decay_epochs: int | None

    def __post_init__(self) -> None:
        if isinstance(self.batch_size, dict):
            self.batch_size = GrowingBatch.of(self.batch_size)
        check_bounds("training", asdict(self))
