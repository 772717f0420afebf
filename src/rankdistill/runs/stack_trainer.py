"""Train a stack, and leave each job's fit in its folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytorch_lightning as pl
import torch

from rankdistill.config.trainer import TrainerConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.modules.recommender import Recommender
from rankdistill.runs.fit import interruptible
from rankdistill.runs.interrupts import InterruptBetweenBatches
from rankdistill.runs.stacked_fits import StackedFit, leave_fit, on_cpu
from rankdistill.runs.trainer import keeps_last
from rankdistill.stacks.job_progress import Ending
from rankdistill.stacks.stack import Job, Stack


class StackedJob(NamedTuple):
    """A job, and where its fit goes.

    Attributes:
        module: The model, as it would be trained alone.
        trainer: Devices, and how long to train; those of all jobs of a stack are equal.
        monitor: The validation metric that selects the best epoch.
        folder: The job's.
    """

    module: Recommender
    trainer: TrainerConfig
    monitor: str
    folder: Path


def fit_stack(jobs: Sequence[StackedJob], datamodule: InteractionsDataModule) -> None:
    """Train jobs side by side; where they do not fit into memory, one half after the other.

    Args:
        jobs: What to train.
        datamodule: The data of all, set up.
    """
    try:
        _fit(jobs, datamodule)
    except (MemoryError, RuntimeError) as error:
        if len(jobs) < 2 or not _is_out_of_memory(error):
            raise
        half = len(jobs) // 2
        print(f"{len(jobs)} jobs at once do not fit into memory: {half} are tried.", flush=True)
        del error
    else:
        return
    fit_stack(jobs[:half], datamodule)
    fit_stack(jobs[half:], datamodule)


def _fit(jobs: Sequence[StackedJob], datamodule: InteractionsDataModule) -> None:
    endings = [_ending(job) for job in jobs]
    parts = zip(jobs, endings, strict=True)
    stack = Stack([Job(job.module, ending) for job, ending in parts], datamodule)
    config = jobs[0].trainer
    torch.set_float32_matmul_precision(config.matmul_precision)
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    precision: Any = config.precision
    trainer = pl.Trainer(
        accelerator=config.accelerator,
        devices=config.devices,
        precision=precision,
        max_epochs=max(ending.max_epochs for ending in endings),
        logger=False,
        callbacks=[InterruptBetweenBatches()],
        limit_val_batches=0,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )
    with interruptible():
        trainer.fit(stack)
    for job, progress in zip(jobs, stack.progress, strict=True):
        fit = StackedFit(
            on_cpu(progress.weights),
            progress.best_epoch,
            progress.curves,
            progress.seconds,
            stack.steps_in_epoch,
            None if progress.error is None else str(progress.error),
        )
        leave_fit(job.folder, fit)


def _ending(job: StackedJob) -> Ending:
    decay_epochs = job.module.decay_epochs
    at_most = min(job.trainer.max_epochs, decay_epochs or job.trainer.max_epochs)
    patience = job.trainer.patience if decay_epochs is None else None
    return Ending(job.monitor, at_most, patience, keeps_last(job.trainer, decay_epochs))


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return "not enough memory" in str(error)  # what PyTorch says on a CPU
