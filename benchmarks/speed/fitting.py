"""The program's own fit, Lightning included, on a clock that sees training alone."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytorch_lightning as pl

from rankdistill.config.model import ModelConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.modules.ranker import Ranker
from rankdistill.runs.quiet import quiet_lightning
from rankdistill.runs.trainer import make_trainer


class _Clock(pl.Callback):
    """The time at the start of every epoch, and at the end of the last."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.times.append(time.perf_counter())

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.times.append(time.perf_counter())


def epoch_seconds(
    module: Ranker, datamodule: InteractionsDataModule, cfg: ModelConfig, num_epochs: int
) -> float:
    """Seconds of one training epoch: the mean of several after a first.

    From one epoch's start to the next, with everything that the trainer does between them, but
    without validation and what hangs on it: checkpoints and early stopping.
    """
    quiet_lightning()
    clock = _Clock()
    with tempfile.TemporaryDirectory() as folder:
        config = replace(cfg.trainer, max_epochs=num_epochs + 1)
        trainer = make_trainer(config, cfg.evaluation.monitor, Path(folder), "")
        trainer.callbacks = [clock]  # pyright: ignore[reportAttributeAccessIssue]
        trainer.limit_val_batches = 0
        trainer.fit(module, datamodule=datamodule)
    return (clock.times[-1] - clock.times[1]) / num_epochs
