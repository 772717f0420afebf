"""Run one trial after another until the study has all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import optuna
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException
from optuna.trial import TrialState

from rankdistill.config.tune import Tuning
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.runs.models import make_datamodule
from rankdistill.tuning.epochs import FollowTrial
from rankdistill.tuning.quiet import quiet
from rankdistill.tuning.recipe import Recipe
from rankdistill.tuning.side_by_side import SeedOfTrial, fit_trials, settings_of
from rankdistill.tuning.space import Space, read_space
from rankdistill.tuning.study import MESSAGE, make_sampler, next_trial, opened
from rankdistill.tuning.trial import follower, run_trial, settings_of_trial

ENDS_THE_TRIAL_ALONE = (ValueError, FloatingPointError, HydraException, OmegaConfBaseException)
"""Errors of one trial's settings; any other error would meet every trial."""


@dataclass(frozen=True)
class StudyPlan:
    """What a worker needs to know. It can be sent to another process.

    Attributes:
        folder: The study's folder.
        study: Its name.
        n_trials: Trials in all.
        recipe: What a trial is composed from.
        space: What may be drawn, by override key, without the keys that the user fixed.
        tuning: How settings are searched for.
        threads: Processor threads of a fit; None: PyTorch's default.
        trials_at_once: Whose models a worker trains side by side where they fit together.
        memory_gib: What these models may take, in GiB.
    """

    folder: Path
    study: str
    n_trials: int
    recipe: Recipe
    space: dict[str, Any]
    tuning: Tuning
    threads: int | None
    trials_at_once: int = 1
    memory_gib: float = 1.0


def work(
    plan: StudyPlan,
    worker: int,
    datamodule: InteractionsDataModule | None = None,
    after_trial: Callable[[], None] = lambda: None,
) -> None:
    """Run trials until none is left.

    Args:
        plan: What to do.
        worker: This worker's number.
        datamodule: The data, set up; None: the worker loads it.
        after_trial: Called after each trial.
    """
    quiet()  # in a process of its own, too
    space = read_space(plan.space)
    datamodule = datamodule or make_datamodule(plan.recipe.settings())
    sampler = partial(make_sampler, plan.tuning)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=plan.tuning.startup_trials)
    with opened(plan.folder, plan.study) as study:
        study.pruner = pruner

        def ask(*, waits: bool) -> optuna.Trial | None:
            return next_trial(study, plan.folder, worker, plan.n_trials, space, sampler, waits)

        while trial := ask(waits=True):
            trials = [trial]
            while len(trials) < plan.trials_at_once and (another := ask(waits=False)):
                trials.append(another)
            models = _trained_at_once(trials, plan, space, datamodule)
            for trial in trials:
                folder = plan.folder / "trials" / str(trial.number)
                own = models.get(trial.number, ())
                how = plan.recipe, space, plan.tuning, plan.threads, datamodule, folder, own
                _tell(study, trial, partial(run_trial, trial, *how))
                after_trial()


def _trained_at_once(
    trials: Sequence[optuna.Trial],
    plan: StudyPlan,
    space: Space,
    datamodule: InteractionsDataModule,
) -> dict[int, list[SeedOfTrial]]:
    """Train the models of several trials that fit together; one trial is trained alone."""
    if len(trials) == 1:
        return {}
    by_number = {trial.number: trial for trial in trials}
    settings = settings_of(
        trials, lambda trial: settings_of_trial(trial, plan.recipe, space, plan.threads)
    )

    def follow(number: int, seed: int) -> FollowTrial:
        return follower(settings[number], plan.tuning, by_number[number], seed)

    return fit_trials(settings, follow, datamodule, plan.memory_gib)


def _tell(study: optuna.Study, trial: optuna.Trial, run: Callable[[], float]) -> None:
    """Run a trial and tell the study what became of it."""
    try:
        value = run()
    except optuna.TrialPruned as pruned:
        trial.set_user_attr(MESSAGE, str(pruned))
        study.tell(trial, state=TrialState.PRUNED)
    except Exception as error:
        if not ends_the_trial_alone(error):
            raise
        trial.set_user_attr(MESSAGE, " ".join(str(error).split()))
        study.tell(trial, state=TrialState.FAIL)
    else:
        study.tell(trial, value)


def ends_the_trial_alone(error: Exception) -> bool:
    """Return whether an error is one trial's own, so that the study can go on."""
    out_of_memory = type(error).__name__ == "OutOfMemoryError"
    return out_of_memory or isinstance(error, ENDS_THE_TRIAL_ALONE)
