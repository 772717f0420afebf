"""Start a study or go on with it, run what is missing, and leave its folder in order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import optuna
from filelock import FileLock, Timeout

from rankdistill.config.tune import TuneConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.runs.teacher_store import obtain_teacher
from rankdistill.runs.worker_pool import run_workers, visible_devices
from rankdistill.tuning.identity import is_of, remember_or_compare
from rankdistill.tuning.present import begin_with, present_values
from rankdistill.tuning.progress import TrialsBar
from rankdistill.tuning.recipe import seeded
from rankdistill.tuning.space import read_space
from rankdistill.tuning.study import (
    finished_trials,
    forget_without_values,
    opened,
    try_again,
)
from rankdistill.tuning.table import TABLE, write_table
from rankdistill.tuning.worker import StudyPlan, work

LOCK = ".study.lock"


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other programs out of a study's folder.

    Raises:
        ValueError: If another program runs the study.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ValueError(
            f"The study in {folder} is being run already; workers=N runs N trials at once."
        ) from None
    try:
        yield
    finally:
        lock.release()


def take_up(plan: StudyPlan, identity: dict[str, Any]) -> int:
    """Make the study or open the one that is there; return how many trials are missing.

    A study of other settings is begun again if none of its trials has a value.
    """
    forget_without_values(plan.folder, plan.study, lambda study: is_of(study, identity))
    with opened(plan.folder, plan.study) as study:
        remember_or_compare(study, identity, plan.folder)
        try_again(study, plan.folder, "the program was killed", blame=True)
        begin_with(study, present_values(plan.recipe, read_space(plan.space)))
        return max(0, plan.n_trials - len(finished_trials(study)))


def run_missing_trials(
    plan: StudyPlan,
    workers: int,
    first: TuneConfig,
    datamodule: InteractionsDataModule,
) -> None:
    """Run the study to its end, in this process or in workers.

    Args:
        plan: What to do.
        workers: Trials at once; with more than one, each runs in a process of its own.
        first: The configuration with the first values of the space.
        datamodule: The data, set up.
    """
    if first.teacher is not None:  # one training here is better than one in every worker
        seeds = plan.tuning.seeds or [None]
        obtain_teacher(seeded(first, seeds[0]), datamodule, "teacher")
    with opened(plan.folder, plan.study) as study:
        monitor = first.evaluation.monitor
        bar = TrialsBar(plan.study, plan.n_trials, monitor, study, first.trainer)

        def watch() -> None:
            if bar.show(study):
                _write(plan, study)

        def lost(worker: int, message: str) -> None:
            try_again(study, plan.folder, message, worker, blame=True)
            bar.say(f"worker {worker}: {message}; what it tried is tried once more")

        try:
            if workers == 1:
                work(plan, 0, datamodule, watch)
            else:
                devices = visible_devices(first.trainer.accelerator)
                run_workers(partial(work, plan), workers, devices, watch, lost)
        finally:
            bar.close()


def leave(plan: StudyPlan, message: str, *, blame: bool) -> int:
    """End trials that still count as running, and write the table.

    Args:
        plan: What was done.
        message: Why those trials have not ended.
        blame: Whether they may have been the cause.

    Returns:
        How many trials have ended.
    """
    with opened(plan.folder, plan.study) as study:
        try_again(study, plan.folder, message, blame=blame)
        _write(plan, study)
        return len(finished_trials(study))


def _write(plan: StudyPlan, study: optuna.Study) -> None:
    write_table(plan.folder / TABLE, study.get_trials(deepcopy=False), list(plan.space))
