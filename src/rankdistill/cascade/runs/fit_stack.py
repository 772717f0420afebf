"""Fit early rankers of one form side by side, and leave the folders that each would leave alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rankdistill.cascade.config import RankerTraining
from rankdistill.cascade.data.examples import Examples
from rankdistill.cascade.data.examples_datamodule import ExamplesDataModule
from rankdistill.cascade.data.side_by_side import logs_side_by_side
from rankdistill.cascade.modules.early_ranker import EarlyRanker
from rankdistill.cascade.modules.early_ranker_stack import EarlyRankerStack
from rankdistill.cascade.runs.fit import lengths, store_served
from rankdistill.config.trainer import TrainerConfig
from rankdistill.runs.fit import fit, remove_earlier_run
from rankdistill.runs.progress import EpochBar
from rankdistill.runs.stack_trainer import ending_of, make_stack_trainer
from rankdistill.runs.stacked_fits import StackedFit, draw_fit, write_checkpoint
from rankdistill.stacks.memory import jobs_at_once

_COPIES_OF_WEIGHTS = 4
"""The weights, their gradient, and AdamW's two moments."""
_COPIES_OF_ROWS = 8
"""What the head reads of a batch, and what is made of it on the way forth and back."""
_BYTES = 4


class StudentToFit(NamedTuple):
    """An early ranker of a stack.

    Attributes:
        module: As it would be trained alone.
        train: Examples to learn from, with its log.
        validation: Examples that choose its epoch.
        folder: Where its run goes.
    """

    module: EarlyRanker
    train: Examples
    validation: Examples
    folder: Path


def fit_early_rankers(
    students: Sequence[StudentToFit],
    trainer_config: TrainerConfig,
    training: RankerTraining,
    title: str,
    storage_bits: int,
) -> list[dict[str, Any] | FloatingPointError]:
    """Fit early rankers of one form whose examples differ in their logs alone.

    Each ends as ``fit_ranker`` would leave it, in a folder of the same files.

    Args:
        students: What to fit.
        trainer_config: Devices and lengths of training.
        training: See ``fit_ranker``.
        title: Name for the progress bar.
        storage_bits: Bits of a weight in model.rank.

    Returns:
        The fields of each, as of ``fit_ranker``; the error of one whose numbers are not finite.
    """
    first = students[0]
    settings, decay_epochs = lengths(first.module, first.train, trainer_config, training)
    monitor = first.module.monitor
    for student in students:
        student.folder.mkdir(parents=True, exist_ok=True)
        remove_earlier_run(student.folder)
    ending = ending_of(settings, monitor, decay_epochs, less_is_better=True)
    stack = EarlyRankerStack([student.module for student in students], ending)
    bar = [EpochBar(title, monitor, "min", ending.keeps_last)] if settings.progress else []
    data = ExamplesDataModule(
        logs_side_by_side([student.train for student in students]),
        logs_side_by_side([student.validation for student in students]),
    )
    fit(make_stack_trainer(settings, ending.max_epochs, bar), stack, data)
    return [
        _stored(student, StackedFit.of(progress, stack.steps_in_epoch), storage_bits)
        for student, progress in zip(students, stack.progress, strict=True)
    ]


def _stored(
    student: StudentToFit, fitted: StackedFit, storage_bits: int
) -> dict[str, Any] | FloatingPointError:
    draw_fit(student.folder, fitted, student.module.hparams_initial)
    if fitted.error is not None:
        return FloatingPointError(fitted.error)
    write_checkpoint(fitted, student.module, student.folder)
    return store_served(student.module, student.folder, fitted.seconds, storage_bits)


def students_at_once(
    module: EarlyRanker, train: Examples, memory_gib: float, wanted: int | None, on_cpu: bool
) -> int:
    """Choose how many early rankers of a form are trained at once.

    Args:
        module: One of them.
        train: The examples that they learn from.
        memory_gib: What they may take, in GiB.
        wanted: How many were asked for at most; None: as many as pay.
        on_cpu: Whether they are trained on a CPU.
    """
    weights = sum(weight.numel() for weight in module.parameters())
    requests = len(train.request_ids.unique_consecutive())
    rows = len(train) * min(module.batch_size, requests) / requests
    log = len(train) * (len(module.tasks) + 1)
    numbers = _COPIES_OF_WEIGHTS * weights + _COPIES_OF_ROWS * rows * module.network.width + log
    return jobs_at_once(_BYTES * numbers, memory_gib, wanted, on_cpu)
