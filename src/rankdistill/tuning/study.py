"""The study on disk: its trials, the next one, and those that must be tried again."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import optuna
from filelock import FileLock
from optuna.trial import FrozenTrial, Trial, TrialState

from rankdistill.config.tune import Tuning
from rankdistill.tuning.space import Space

DATABASE, NEXT_TRIAL = "study.db", ".next_trial.lock"
WORKER, MESSAGE, REPEATED, REPETITIONS = "worker", "message", "repeated", "repetitions"
"""Attributes of a trial: its worker; why it failed; that another repeats it; repetitions so far."""

SECONDS_TO_WAIT_FOR_A_LOCK = 60
_SECONDS_BETWEEN_LOOKS = 0.3
MAX_REPETITIONS = 1


@contextmanager
def opened(folder: Path, name: str) -> Iterator[optuna.Study]:
    """Open the study of a folder, or make it; several processes may hold it open."""
    with _storage_of(folder) as storage:
        yield optuna.create_study(
            study_name=name, storage=storage, direction="maximize", load_if_exists=True
        )


def forget_without_values(
    folder: Path, name: str, is_wanted: Callable[[optuna.Study], bool]
) -> None:
    """Delete a study that is not wanted, if none of its trials has come to a value.

    Args:
        folder: The study's folder.
        name: Its name.
        is_wanted: Whether the study that is there is to be kept.
    """
    with _storage_of(folder) as storage:
        if name not in optuna.get_all_study_names(storage):
            return
        study = optuna.load_study(study_name=name, storage=storage)
        trials = study.get_trials(deepcopy=False)
        if not is_wanted(study) and not any(
            trial.intermediate_values or trial.value is not None for trial in trials
        ):
            optuna.delete_study(study_name=name, storage=storage)


@contextmanager
def _storage_of(folder: Path) -> Iterator[optuna.storages.RDBStorage]:
    path = folder / DATABASE
    storage = optuna.storages.RDBStorage(
        f"sqlite:///{path}", engine_kwargs={"creator": partial(_connect, path)}
    )
    try:
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _connect(path: Path) -> sqlite3.Connection:
    """Connect so that a process waits for its turn, and seldom for the disk."""
    connection = sqlite3.connect(path, SECONDS_TO_WAIT_FOR_A_LOCK, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(
        "PRAGMA synchronous=NORMAL"
    )  # in this mode a power failure leaves the file whole
    return connection


def trials_that_count(study: optuna.Study) -> list[FrozenTrial]:
    """List the trials that were begun, without those that another trial repeats."""
    trials = study.get_trials(deepcopy=False)
    return [t for t in trials if t.state != TrialState.WAITING and REPEATED not in t.user_attrs]


def finished_trials(study: optuna.Study) -> list[FrozenTrial]:
    """List the trials that count and have ended, well or not."""
    return [trial for trial in trials_that_count(study) if trial.state.is_finished()]


def best_trial(study: optuna.Study) -> FrozenTrial | None:
    """Find the trial of the highest value, the first of equals; None if no trial ended well."""
    complete = [t for t in finished_trials(study) if t.state == TrialState.COMPLETE]
    return max(complete, key=lambda trial: float(trial.value or 0), default=None)


def first_message(study: optuna.Study) -> str:
    """Return the message of the first trial that did not end well."""
    messages = (trial.user_attrs.get(MESSAGE) for trial in finished_trials(study))
    return next((message for message in messages if message), "none was run.")


def next_trial(
    study: optuna.Study,
    folder: Path,
    worker: int,
    n_trials: int,
    space: Space,
    sampler: Callable[[int], optuna.samplers.BaseSampler],
    waits: bool = True,
) -> Trial | None:
    """Begin a trial, or wait while those of others may have to be tried again.

    Args:
        study: The study.
        folder: Its folder.
        worker: Number of the worker that asks.
        n_trials: Trials in all.
        space: What is drawn.
        sampler: Makes the sampler of the n-th trial, from n and the trials before, not from
            how often the program was started.
        waits: Whether to wait for the trials of others; else there is none meanwhile.

    Returns:
        The trial; None if there is none.
    """
    distributions = {key: entry.distribution for key, entry in space.items()}
    while True:
        with FileLock(folder / NEXT_TRIAL):
            begun = trials_that_count(study)
            if len(begun) < n_trials:
                study.sampler = sampler(len(begun))
                trial = study.ask(distributions)
                trial.set_user_attr(WORKER, worker)
                return trial
        if not waits or len(finished_trials(study)) >= n_trials:
            return None
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def try_again(
    study: optuna.Study, folder: Path, message: str, worker: int | None = None, *, blame: bool
) -> None:
    """Mark the running trials of a worker that is gone as failed, and queue their values again.

    Args:
        study: The study.
        folder: Its folder.
        message: What became of the worker.
        worker: Number of the worker; None for all workers.
        blame: Whether the trial may have been the cause; then it is repeated once only.
    """
    with FileLock(folder / NEXT_TRIAL), _storage_of(folder) as storage:
        study_id = storage.get_study_id_from_name(study.study_name)
        for frozen in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if worker is not None and frozen.user_attrs.get(WORKER, worker) != worker:
                continue
            repetitions = frozen.user_attrs.get(REPETITIONS, 0) + int(blame)
            number = frozen.number
            trial_id = storage.get_trial_id_from_study_id_trial_number(study_id, number)
            storage.set_trial_user_attr(trial_id, MESSAGE, message)
            if repetitions <= MAX_REPETITIONS:
                storage.set_trial_user_attr(trial_id, REPEATED, True)
                study.enqueue_trial(frozen.params, user_attrs={REPETITIONS: repetitions})
            study.tell(number, state=TrialState.FAIL)


def make_sampler(tuning: Tuning, trial: int) -> optuna.samplers.BaseSampler:
    """Make the sampler of the n-th trial."""
    seed = int(np.random.SeedSequence([tuning.seed, trial]).generate_state(1)[0])
    if tuning.sampler == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(
        seed=seed,
        n_startup_trials=tuning.startup_trials,
        multivariate=True,
        constant_liar=True,
    )


def importances(study: optuna.Study) -> Sequence[tuple[str, float]]:
    """Compute each setting's share in the spread of the values, the largest first."""
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()  # fANOVA needs scikit-learn
    return list(optuna.importance.get_param_importances(study, evaluator=evaluator).items())
