"""A worker: one trial after another until the study has as many as it shall have."""

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
"""Settings that do not go together, or diverge; anything else would meet every trial."""


@dataclass(frozen=True)
class StudyPlan:
    """What a worker needs to know; can be sent to a process.

    Attributes:
        folder: The study's folder.
        study: Its name.
        n_trials: How many trials there shall be in all.
        recipe: What a trial is composed from.
        space: The ``tuning.space`` node, without what is fixed.
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
        datamodule: The data where it is at hand; else it is made once.
        after_trial: Called after each.
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
    """Whether other trials may do better."""
    out_of_memory = type(error).__name__ == "OutOfMemoryError"
    return out_of_memory or isinstance(error, ENDS_THE_TRIAL_ALONE)
