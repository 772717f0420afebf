"""How long each epoch of a training by Lightning takes."""

from __future__ import annotations

import time

import pytorch_lightning as pl


class Clock(pl.Callback):
    """Keeps the processor seconds of every epoch."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin."""
        self._begun = time.process_time()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep how long it took."""
        self.seconds.append(time.process_time() - self._begun)
