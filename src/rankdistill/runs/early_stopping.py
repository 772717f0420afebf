"""Stop a training that gets no better, but not in its first steps."""

from __future__ import annotations

import math

import pytorch_lightning as pl
from pytorch_lightning.callbacks import EarlyStopping
from typing_extensions import override

from rankdistill.data.batches import Strides


class StopsAfterSteps(EarlyStopping):
    """Early stopping that waits for a number of steps, since on small data an epoch has few.

    A training often stays on a plateau at its beginning. Ten epochs of eight steps are over before
    it leaves it.

    Args:
        monitor: The validation metric.
        mode: max where more is better, or min.
        patience: Epochs without a better one after which training stops.
        least_steps: Steps before which it does not.
    """

    def __init__(self, monitor: str, mode: str, patience: int, least_steps: int):
        super().__init__(monitor, mode=mode, patience=patience, check_on_train_epoch_end=True)
        self.least_steps = least_steps
        self._least_epochs = 0

    @override
    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        batches = trainer.train_dataloader
        assert batches is not None, "it is there from the start of training on"
        number = len(batches.batches) if isinstance(batches, Strides) else len(batches)
        self._least_epochs = math.ceil(self.least_steps / max(1, number))

    @override
    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        was_stopping = trainer.should_stop
        super().on_train_epoch_end(trainer, pl_module)
        if trainer.current_epoch + 1 < self._least_epochs:
            trainer.should_stop = was_stopping

    def last_epoch(self, best_epoch: int) -> int:
        """Tell after how many epochs training stops if none is better than the best so far.

        Args:
            best_epoch: From 0.
        """
        return max(best_epoch + 1 + self.patience, self._least_epochs)
