"""Measure what a stack takes, once it has taken a step."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
from typing_extensions import override

from rankdistill.kernels.device_memory import begin_peak, peak_bytes


class StackMemory(pl.Callback):
    """Looks after the first batches at what tensors have taken on the device.

    Args:
        num_jobs: Models in the stack.
        bound: What it may take, in bytes.

    Attributes:
        bytes_of_job: What one model takes, its share of the data included; None where the device
            does not count, or before the first step.
    """

    def __init__(self, num_jobs: int, bound: float):
        self.num_jobs = num_jobs
        self.bound = bound
        self.bytes_of_job: float | None = None

    @override
    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        begin_peak(trainer.strategy.root_device)

    @override
    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Measure once.

        Raises:
            MemoryError: If the stack takes more than it may.
        """
        if self.bytes_of_job is not None:
            return
        peak = peak_bytes(trainer.strategy.root_device)
        if peak is None:
            return
        self.bytes_of_job = peak / self.num_jobs
        if peak > self.bound:
            raise MemoryError(f"{self.num_jobs} models take {peak / 2**30:.1f} GiB.")
