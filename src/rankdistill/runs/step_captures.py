"""The callback by which a trainer asks a module to replay its steps."""

from __future__ import annotations

from typing import Literal, Protocol, runtime_checkable

import pytorch_lightning as pl


@runtime_checkable
class CapturesSteps(Protocol):
    """A module that can replay its steps where the device can.

    Attributes:
        captures_steps: Whether it shall.
    """

    captures_steps: bool


class AskForCaptures(pl.Callback):
    """Asks before a module chooses how its steps are taken."""

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Ask modules that can; others take plain steps."""
        if isinstance(pl_module, CapturesSteps):
            pl_module.captures_steps = True


def asking_for_captures(cuda_graphs: Literal["auto", False]) -> list[pl.Callback]:
    """Make the callbacks that ``trainer.cuda_graphs`` wants."""
    return [AskForCaptures()] if cuda_graphs == "auto" else []
