"""Stop at Ctrl-C between two batches, and never inside a library's lock."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytorch_lightning as pl


class InterruptBetweenBatches(pl.Callback):
    """Raise KeyboardInterrupt before the next batch once Ctrl-C was pressed during a fit.

    Raised at any other moment, it can leave the queue of TensorBoard's writer waiting for ever. A
    second Ctrl-C acts at once.
    """

    def __init__(self) -> None:
        self.asked = False
        self.previous: Any = None

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Handle Ctrl-C from here on; Python allows that in the main thread alone."""
        self.asked = False
        if threading.current_thread() is threading.main_thread():
            self.previous = signal.signal(signal.SIGINT, self._note)

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Stop if Ctrl-C was pressed."""
        self._raise_if_asked()

    def on_validation_batch_start(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Stop if Ctrl-C was pressed."""
        self._raise_if_asked()

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Restore the earlier handler of Ctrl-C."""
        self._hand_back()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Restore the earlier handler of Ctrl-C."""
        self._hand_back()

    def _note(self, *_: Any) -> None:
        self.asked = True
        self._hand_back()

    def _hand_back(self) -> None:
        if self.previous is not None:
            signal.signal(signal.SIGINT, self.previous)
            self.previous = None

    def _raise_if_asked(self) -> None:
        if self.asked:
            raise KeyboardInterrupt
