"""How long each epoch of a training by Lightning takes."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytorch_lightning as pl


class Clock(pl.Callback):
    """Keeps the seconds of every epoch.

    Args:
        now: Which seconds.
    """

    def __init__(self, now: Callable[[], float] = time.perf_counter):
        self._now = now
        self.seconds: list[float] = []

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin."""
        self._begun = self._now()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep how long it took."""
        self.seconds.append(self._now() - self._begun)
