"""Show the progress of a fit: its epoch, its best one, and when it stops."""

from __future__ import annotations

import multiprocessing
import sys
import time
from typing import Any

import pytorch_lightning as pl
from tqdm import tqdm

from rankdistill.runs.early_stopping import StopsAfterSteps
from rankdistill.runs.time_left import duration

_SECONDS_TO_FIRST_LINE = 30
"""In a log. Each further line of a fit comes after twice the time, so that they stay few."""


class EpochBar(pl.Callback):
    """Show how far a fit is: on a terminal a line that changes, in a log now and then a line.

    It counts to no last epoch, because most fits stop before it. It names the epoch after which
    this one stops unless the metric gets better. One line stays when the fit has ended.

    Args:
        title: Name of the model.
        monitor: Name of the metric to show.
        mode: max or min: which values are better.
        keeps_last: Whether the last epoch is kept, not the best one.
    """

    def __init__(self, title: str, monitor: str, mode: str = "max", keeps_last: bool = False):
        self.title = title
        self.monitor = monitor
        self.sign = 1 if mode == "max" else -1
        self.keeps_last = keeps_last
        self.best: tuple[float, int] | None = None
        self.last: tuple[float, int] | None = None
        self.bar: Any = None

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Open the line on the first process."""
        self.start = time.perf_counter()
        self.next_line = _SECONDS_TO_FIRST_LINE
        # Processes that work at once would write over each other's line.
        is_alone = multiprocessing.parent_process() is None
        self.is_live = sys.stderr.isatty() and is_alone
        self.bar = tqdm(
            desc=self.title,
            bar_format="{desc}  [{elapsed}]",
            leave=False,
            dynamic_ncols=True,
            file=sys.stderr,
            disable=not (trainer.is_global_zero and self.is_live),
        )

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Move on by one epoch; nothing is shown where a model is measured without a fit."""
        if self.bar is None:
            return
        value = float(trainer.callback_metrics[self.monitor])
        if self.best is None or self.sign * value > self.sign * self.best[0]:
            self.best = (value, trainer.current_epoch)
        self.last = (value, trainer.current_epoch)
        seconds = time.perf_counter() - self.start
        line = f"{self.title}: {self._state(trainer, seconds)}"
        self.bar.set_description_str(line, refresh=False)
        self.bar.update()
        if not self.is_live and trainer.is_global_zero and seconds >= self.next_line:
            self.next_line = 2 * seconds
            print(f"{line}, {duration(seconds)} so far", file=sys.stderr, flush=True)

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Remove the line and print another that stays."""
        self.bar.close()
        kept = self.last if self.keeps_last else self.best
        if trainer.is_global_zero and kept is not None:
            value, epoch = kept
            took = duration(time.perf_counter() - self.start)
            line = f"{self.title}: {self.monitor} {value:.4f} at epoch {epoch + 1}"
            print(f"{line} of {trainer.current_epoch}, {took}", file=sys.stderr, flush=True)

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Remove the line from the terminal."""
        if self.bar is not None:
            self.bar.close()

    def _state(self, trainer: pl.Trainer, seconds: float) -> str:
        """Say which epoch has ended, which was the best, and when the fit stops."""
        assert self.best is not None
        value, best_epoch = self.best
        epoch, last = trainer.current_epoch + 1, trainer.max_epochs or 0
        shown = f"epoch {epoch}, best {self.monitor} {value:.4f} at {best_epoch + 1}"
        stopping = trainer.early_stopping_callback
        stop = last
        if isinstance(stopping, StopsAfterSteps):
            stop = min(last, stopping.last_epoch(best_epoch))
        unless = "" if stop == last else " unless better"
        return (
            f"{shown}, stops after {stop}{unless}, in {duration((stop - epoch) * seconds / epoch)}"
        )
