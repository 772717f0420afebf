"""Run one trial after another until the study has all of them."""

from __future__ import annotations

from collections.abc import Callable
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
from rankdistill.tuning.recipe import Recipe
from rankdistill.tuning.space import read_space
from rankdistill.tuning.study import MESSAGE, make_sampler, next_trial, opened
from rankdistill.tuning.trial import run_trial

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
    """

    folder: Path
    study: str
    n_trials: int
    recipe: Recipe
    space: dict[str, Any]
    tuning: Tuning
    threads: int | None


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
    space = read_space(plan.space)
    datamodule = datamodule or make_datamodule(plan.recipe.settings())
    sampler = partial(make_sampler, plan.tuning)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=plan.tuning.startup_trials)
    with opened(plan.folder, plan.study) as study:
        study.pruner = pruner
        while trial := next_trial(study, plan.folder, worker, plan.n_trials, space, sampler):
            folder = plan.folder / "trials" / str(trial.number)
            try:
                value = run_trial(
                    trial, plan.recipe, space, plan.tuning, plan.threads, datamodule, folder
                )
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
            after_trial()


def ends_the_trial_alone(error: Exception) -> bool:
    """Return whether an error is one trial's own, so that the study can go on."""
    out_of_memory = type(error).__name__ == "OutOfMemoryError"
    return out_of_memory or isinstance(error, ENDS_THE_TRIAL_ALONE)
