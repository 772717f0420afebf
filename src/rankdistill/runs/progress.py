"""Show the progress of a fit: one step of the bar for each epoch."""

from __future__ import annotations

import sys
from typing import Any

import pytorch_lightning as pl
from tqdm import tqdm


class EpochBar(pl.Callback):
    """Show the epoch and the monitored metric; on a terminal live, elsewhere one closing line.

    Args:
        title: Name of the model.
        monitor: Name of the metric to show.
        mode: max or min: which values are better.
    """

    def __init__(self, title: str, monitor: str, mode: str = "max"):
        self.title = title
        self.monitor = monitor
        self.sign = 1 if mode == "max" else -1
        self.best: tuple[float, int] | None = None

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Open the bar on the first process."""
        self.bar: Any = tqdm(
            total=trainer.max_epochs,
            desc=self.title,
            unit="epoch",
            leave=False,
            file=sys.stderr,
            disable=not (trainer.is_global_zero and sys.stderr.isatty()),
        )

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Move on by one epoch."""
        value = float(trainer.callback_metrics[self.monitor])
        if self.best is None or self.sign * value > self.sign * self.best[0]:
            self.best = (value, trainer.current_epoch)
        self.bar.set_postfix_str(f"{self.monitor} {value:.4f}, best {self.best[0]:.4f}")
        self.bar.update()

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Close the bar and print one line."""
        self.bar.close()
        if trainer.is_global_zero and self.best is not None:
            value, epoch = self.best
            line = f"{self.title}: {self.monitor} {value:.4f} at epoch {epoch + 1}"
            print(f"{line} of {trainer.current_epoch}", file=sys.stderr, flush=True)

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Remove the bar from the terminal."""
        if hasattr(self, "bar"):
            self.bar.close()
