"""Report a trial epoch by epoch, and end it where it lags behind."""

from __future__ import annotations

import optuna
import pytorch_lightning as pl


class FollowTrial(pl.Callback):
    """Keep the best epoch; end a trial that lags behind the others at the same epoch.

    Args:
        monitor: The validation metric that is maximised.
        trial: The trial to report to; None for a fit that is never cut short.
        warmup_epochs: Epochs before the first report.
        interval: Epochs between two reports. Each report reads the study from the disk.

    Attributes:
        best: The highest value and its epoch, from 1.
    """

    def __init__(self, monitor: str, trial: optuna.Trial | None, warmup_epochs: int, interval: int):
        self.monitor = monitor
        self.trial = trial
        self.warmup_epochs = warmup_epochs
        self.interval = interval
        self.best = (-float("inf"), 0)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Compare the epoch's value with the best, and report it where a report is due.

        Raises:
            optuna.TrialPruned: If the trial lags behind.
        """
        epoch = trainer.current_epoch + 1
        value = float(trainer.callback_metrics[self.monitor])
        if value > self.best[0]:
            self.best = (value, epoch)
        due = epoch > self.warmup_epochs and (epoch - self.warmup_epochs) % self.interval == 0
        if self.trial is None or not due:
            return
        self.trial.report(value, step=epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned(f"Below the median of the others after epoch {epoch}.")
