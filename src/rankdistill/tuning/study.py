"""The study on disk: which trials there are, which is next, and which must be tried again."""

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
"""What we note of a trial: who runs it; why it failed; that another takes its place; how often."""

SECONDS_TO_WAIT_FOR_A_LOCK = 60
SECONDS_BETWEEN_LOOKS = 0.3
MAX_REPETITIONS = 1


@contextmanager
def opened(folder: Path, name: str) -> Iterator[optuna.Study]:
    """The study of a folder, made if there is none; several processes may hold it open."""
    with _storage_of(folder) as storage:
        yield optuna.create_study(
            study_name=name, storage=storage, direction="maximize", load_if_exists=True
        )


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
    """A connection that waits its turn, and for the disk only now and then: a report is cheap."""
    connection = sqlite3.connect(path, SECONDS_TO_WAIT_FOR_A_LOCK, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")  # safe in this mode, also if power fails
    return connection


def trials_that_count(study: optuna.Study) -> list[FrozenTrial]:
    """All that were begun, without those that another has taken the place of."""
    trials = study.get_trials(deepcopy=False)
    return [t for t in trials if t.state != TrialState.WAITING and REPEATED not in t.user_attrs]


def finished_trials(study: optuna.Study) -> list[FrozenTrial]:
    """Those of them that have ended, well or not."""
    return [trial for trial in trials_that_count(study) if trial.state.is_finished()]


def best_trial(study: optuna.Study) -> FrozenTrial | None:
    """The trial of the highest value, the first of equals; None before the first has ended well."""
    complete = [t for t in finished_trials(study) if t.state == TrialState.COMPLETE]
    return max(complete, key=lambda trial: float(trial.value or 0), default=None)


def first_message(study: optuna.Study) -> str:
    """Why the first trial that did not end well did not."""
    messages = (trial.user_attrs.get(MESSAGE) for trial in finished_trials(study))
    return next((message for message in messages if message), "none was run.")


def next_trial(
    study: optuna.Study,
    folder: Path,
    worker: int,
    n_trials: int,
    space: Space,
    sampler: Callable[[int], optuna.samplers.BaseSampler],
) -> Trial | None:
    """Begin a trial, or wait while those of others may have to be tried again.

    Args:
        study: The study.
        folder: Its folder.
        worker: Who asks.
        n_trials: How many there shall be in all.
        space: What is drawn.
        sampler: The sampler of the n-th trial: it depends on n and on the trials before, not on
            how often the program was started.

    Returns:
        The trial; None once all have ended.
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
        if len(finished_trials(study)) >= n_trials:
            return None
        time.sleep(SECONDS_BETWEEN_LOOKS)


def try_again(
    study: optuna.Study, folder: Path, message: str, worker: int | None = None, *, blame: bool
) -> None:
    """End the trials of a worker that is gone as failed, and have their values tried once more.

    Args:
        study: The study.
        folder: Its folder.
        message: What became of the worker.
        worker: Who is gone; None: everybody.
        blame: Whether the trial may have been the cause, and is not to be tried for ever.
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
    """The sampler of the n-th trial."""
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
    """Each setting's share in the spread of the values, the largest first."""
    evaluator = optuna.importance.PedAnovaImportanceEvaluator()  # fANOVA needs scikit-learn
    return list(optuna.importance.get_param_importances(study, evaluator=evaluator).items())
