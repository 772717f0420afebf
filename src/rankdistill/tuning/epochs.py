"""Report a trial epoch by epoch, and end it where it lags behind."""

from __future__ import annotations

import optuna
import pytorch_lightning as pl


class FollowTrial(pl.Callback):
    """Note the epoch that is kept; end a trial that lags behind the others at the same epoch.

    Args:
        monitor: The validation metric that is maximised.
        trial: The trial to report to; None for a fit that is never cut short.
        warmup_epochs: Epochs before the first report.
        interval: Epochs between two reports. Each report reads the study from the disk.
        keeps_last: Whether the last epoch is kept, not the best one.

    Attributes:
        kept: The value of the epoch that is kept, and its number, from 1.
    """

    def __init__(
        self,
        monitor: str,
        trial: optuna.Trial | None,
        warmup_epochs: int,
        interval: int,
        keeps_last: bool = False,
    ):
        self.monitor = monitor
        self.trial = trial
        self.warmup_epochs = warmup_epochs
        self.interval = interval
        self.keeps_last = keeps_last
        self.kept = (-float("inf"), 0)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note the epoch's value, and report it where a report is due.

        Raises:
            optuna.TrialPruned: If the trial lags behind.
        """
        self.see(trainer.current_epoch + 1, float(trainer.callback_metrics[self.monitor]))

    def see(self, epoch: int, value: float) -> None:
        """Note the value of an epoch, from 1, and report it where a report is due.

        Raises:
            optuna.TrialPruned: If the trial lags behind.
        """
        if self.keeps_last or value > self.kept[0]:
            self.kept = (value, epoch)
        due = epoch > self.warmup_epochs and (epoch - self.warmup_epochs) % self.interval == 0
        if self.trial is None or not due:
            return
        self.trial.report(value, step=epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned(f"Below the median of the others after epoch {epoch}.")
