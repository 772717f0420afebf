"""Train models side by side where they fit together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pytorch_lightning as pl
import torch

from rankdistill.config.trainer import TrainerConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.modules.ranker import Ranker
from rankdistill.modules.recommender import Recommender
from rankdistill.runs.fit import interruptible
from rankdistill.runs.interrupts import InterruptBetweenBatches
from rankdistill.runs.progress import EpochBar
from rankdistill.runs.stack_memory import StackMemory
from rankdistill.runs.stacked_fits import StackedFit
from rankdistill.runs.step_captures import asking_for_captures
from rankdistill.runs.trainer import keeps_last
from rankdistill.stacks.fits import reason_to_train_alone
from rankdistill.stacks.job_progress import Ending
from rankdistill.stacks.memory import bytes_of_job, jobs_at_once
from rankdistill.stacks.stack import Member, Stack

_NO_MEMORY_ON_CPU = re.compile("DefaultCPUAllocator: (can't allocate|not enough) memory")
"""What PyTorch says on a CPU, in a plain RuntimeError."""


class StackBounds(NamedTuple):
    """How large a stack may be.

    Attributes:
        memory_gib: What it may take, in GiB.
        at_once: Models in it at most; None: as many as pay; 1: all are trained alone.
    """

    memory_gib: float
    at_once: int | None


class StackedJob(NamedTuple):
    """A model to be trained beside others.

    Attributes:
        name: What it is called where it cannot.
        module: The model, as it would be trained alone.
        trainer: Devices, and how long to train; those of all are equal.
        monitor: The validation metric that selects the best epoch.
        watch: See Ending.
    """

    name: str
    module: Ranker
    trainer: TrainerConfig
    monitor: str
    watch: Callable[[int, float], bool] | None = None


def fit_side_by_side(
    jobs: Sequence[StackedJob],
    datamodule: InteractionsDataModule,
    bounds: StackBounds,
    title: str,
    tell: Callable[[str], None],
) -> list[StackedFit | None]:
    """Train models of one shape side by side; see ``fits_as_they_end``.

    Returns:
        The fit of each; None where it has to be trained alone.
    """
    fits = dict(fits_as_they_end(jobs, datamodule, bounds, title, tell))
    return [fits[number] for number in range(len(jobs))]


def fits_as_they_end(
    jobs: Sequence[StackedJob],
    datamodule: InteractionsDataModule,
    bounds: StackBounds,
    title: str,
    tell: Callable[[str], None],
) -> Iterator[tuple[int, StackedFit | None]]:
    """Train models of one shape side by side, as many at once as the bounds allow.

    Args:
        jobs: What to train.
        datamodule: The data of all, set up.
        bounds: How large a stack may be.
        title: What several of the models are called, for the progress bar.
        tell: Takes a line for people.

    Yields:
        The number of each job and its fit, as soon as its stack has ended; None where it has to be
        trained alone.
    """
    stackable: list[tuple[int, StackedJob, Recommender]] = []
    for number, job in enumerate(jobs):
        if reason := reason_to_train_alone(job.module, datamodule.split, job.trainer):
            tell(f"{job.name} is trained alone: {reason}.")
            yield number, None
        elif isinstance(job.module, Recommender):
            stackable.append((number, job, job.module))
    if not stackable:
        return
    _, first, module = stackable[0]
    on_cpu = first.trainer.accelerator == "cpu" or not torch.accelerator.is_available()
    bytes_of_one: float = bytes_of_job(module, datamodule.split.train)
    while stackable:
        at_once = jobs_at_once(bytes_of_one, *bounds, on_cpu)
        together, stackable = stackable[:at_once], stackable[at_once:]
        if len(together) == 1:
            yield together[0][0], None
            continue
        models = [(job, module) for _, job, module in together]
        for (number, _, _), fitted in zip(
            together, _fit(models, datamodule, bounds, title), strict=True
        ):
            bytes_of_one = fitted.bytes_of_job or bytes_of_one
            yield number, fitted.fit


class _Fitted(NamedTuple):
    """What became of a model.

    Attributes:
        fit: None where it has to be trained alone.
        bytes_of_job: What it took; None where nobody counted.
    """

    fit: StackedFit | None
    bytes_of_job: float | None


def _fit(
    jobs: Sequence[tuple[StackedJob, Recommender]],
    datamodule: InteractionsDataModule,
    bounds: StackBounds,
    title: str,
) -> list[_Fitted]:
    """Train jobs at once; where they do not fit into memory, one half after the other."""
    try:
        return _fit_at_once(jobs, datamodule, bounds, title)
    except (MemoryError, RuntimeError) as error:
        if not _is_out_of_memory(error):
            raise
    if len(jobs) < 4:
        return [_Fitted(None, None)] * len(jobs)
    half = len(jobs) // 2
    parts = jobs[:half], jobs[half:]
    return [fitted for part in parts for fitted in _fit(part, datamodule, bounds, title)]


def _fit_at_once(
    jobs: Sequence[tuple[StackedJob, Recommender]],
    datamodule: InteractionsDataModule,
    bounds: StackBounds,
    title: str,
) -> list[_Fitted]:
    endings = [_ending(job) for job, _ in jobs]
    parts = zip(jobs, endings, strict=True)
    stack = Stack([Member(module, ending) for (_, module), ending in parts], datamodule)
    first, _ = jobs[0]
    config = first.trainer
    bar = [EpochBar(f"{len(jobs)} {title} side by side", first.monitor)] if config.progress else []
    memory = StackMemory(len(jobs), bounds.memory_gib * 2**30)
    epochs = max(ending.max_epochs for ending in endings)
    trainer = make_stack_trainer(config, epochs, [memory, *bar])
    with interruptible():
        trainer.fit(stack)
    return [
        _Fitted(StackedFit.of(progress, stack.steps_in_epoch), memory.bytes_of_job)
        for progress in stack.progress
    ]


def make_stack_trainer(
    config: TrainerConfig, max_epochs: int, callbacks: Sequence[pl.Callback]
) -> pl.Trainer:
    """Make the Lightning trainer of a stack, which itself keeps what each job reaches.

    Args:
        config: Devices and precision.
        max_epochs: Of the job that is trained longest.
        callbacks: Bars, and what watches memory.
    """
    torch.set_float32_matmul_precision(config.matmul_precision)
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    precision: Any = config.precision
    return pl.Trainer(
        accelerator=config.accelerator,
        devices=config.devices,
        precision=precision,
        max_epochs=max_epochs,
        logger=False,
        callbacks=[
            InterruptBetweenBatches(),
            *callbacks,
            *asking_for_captures(config.cuda_graphs),
        ],
        num_sanity_val_steps=0,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )


def _ending(job: StackedJob) -> Ending:
    ending = ending_of(job.trainer, job.monitor, job.module.decay_epochs)
    return replace(ending, watch=job.watch)


def ending_of(
    trainer: TrainerConfig, monitor: str, decay_epochs: int | None, less_is_better: bool = False
) -> Ending:
    """Say when a job of a stack ends: when it would end alone.

    Args:
        trainer: How long to train.
        monitor: The validation metric that selects the best epoch.
        decay_epochs: Epochs over which the learning rate falls; None: it stays.
        less_is_better: Of two values of the metric.
    """
    at_most = min(trainer.max_epochs, decay_epochs or trainer.max_epochs)
    patience = trainer.patience if decay_epochs is None else None
    keeps = keeps_last(trainer, decay_epochs)
    return Ending(monitor, at_most, patience, trainer.least_steps, keeps, less_is_better)


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return _NO_MEMORY_ON_CPU.search(str(error)) is not None
