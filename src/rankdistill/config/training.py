"""How a model learns: the optimiser and its batches."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(kw_only=True)
class Training:
    """Settings of Adam.

    Attributes:
        learning_rate: Size of a step.
        weight_decay: L2 coefficient.
        batch_size: Pairs, or whole users, as the ranking loss asks for.
        decay_epochs: Epochs over which the learning rate falls linearly to zero; None: it stays.
    """

    learning_rate: float
    weight_decay: float
    batch_size: int
    decay_epochs: int | None

    def __post_init__(self) -> None:
        if self.learning_rate <= 0 or self.weight_decay < 0:
            raise ValueError(
                "learning_rate must be positive and weight_decay not negative, got "
                f"{self.learning_rate} and {self.weight_decay}."
            )
        if self.decay_epochs is not None and self.decay_epochs < 1:
            raise ValueError(f"decay_epochs must be at least 1, or null, got {self.decay_epochs}.")
