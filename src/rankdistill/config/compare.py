"""What `rankdistill compare` is told."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from rankdistill.config.model import ModelConfig
from rankdistill.config.seeds import check_seeds
from rankdistill.config.stack import StackConfig


@dataclass(kw_only=True)
class CompareConfig(ModelConfig):
    """Teacher, student and distilled student over seeds.

    Attributes:
        seeds: Each sets the seeds of initialisation and sampling of all three models.
        fallback: A data option to run on where the data cannot be had; None: that is an error.
        refit: Whether to fit the model to ship once more on all data.
        stack: What the models of several seeds may take that are trained side by side.
    """

    seeds: list[int]
    fallback: str | None
    refit: bool
    stack: StackConfig

    def __post_init__(self) -> None:
        check_seeds(self.seeds)
        if self.trainer.is_distributed:
            raise ValueError(
                "compare trains one small model after another on one device; "
                "use trainer=ddp with: rankdistill train module=..."
            )

    @override
    def check_places(self) -> None:
        if self.fallback is None:  # else data that are not there are no mistake
            super().check_places()
