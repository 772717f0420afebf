"""Separate seeds, so that one source of chance can be varied alone."""

from __future__ import annotations

from dataclasses import dataclass, fields

from rankdistill.config.limits import check_seed


@dataclass(kw_only=True)
class ModelSeeds:
    """The seeds that shape a model once the split is made.

    Attributes:
        initialization: Of the first weights.
        sampling: Of the order of batches, negatives and other draws.
    """

    initialization: int
    sampling: int

    def __post_init__(self) -> None:
        for field in fields(self):
            check_seed(field.name, getattr(self, field.name))


@dataclass(kw_only=True)
class Seeds(ModelSeeds):
    """All seeds of a run.

    Attributes:
        split: Of the split into training, validation and test.
    """

    split: int


def check_seeds(seeds: list[int]) -> None:
    """Refuse an empty list of seeds, and one with repetitions."""
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds must be a list of different numbers, got {seeds}.")
