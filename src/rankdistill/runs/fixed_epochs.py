"""End a fit after a number of epochs that was settled before, and show how far it is."""

from __future__ import annotations

import sys
from typing import Any

import pytorch_lightning as pl
from tqdm import tqdm


class FixedEpochs(pl.Callback):
    """Stop after the given epochs; the trainer's ``max_epochs``, and with it any decay, stays.

    Args:
        epochs: How many.
        title: Name of the model on the bar.
        progress: Whether to show a bar, on a terminal.
    """

    def __init__(self, epochs: int, title: str, progress: bool):
        self.epochs = epochs
        self.title = title
        self.progress = progress

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Open the bar."""
        self.bar: Any = tqdm(
            total=self.epochs,
            desc=self.title,
            unit="epoch",
            leave=False,
            file=sys.stderr,
            disable=not (self.progress and sys.stderr.isatty()),
        )

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Move on by one epoch, and stop after the last."""
        self.bar.update()
        if trainer.current_epoch + 1 >= self.epochs:
            trainer.should_stop = True

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Close the bar."""
        self.bar.close()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Remove the bar from the terminal."""
        if hasattr(self, "bar"):
            self.bar.close()
