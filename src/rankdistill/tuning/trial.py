"""Run a trial: fit with the drawn settings and validate, but never test."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import optuna

from rankdistill.config.model import ModelConfig
from rankdistill.config.tune import TuneConfig, Tuning
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.runs.checkpoints import CHECKPOINT
from rankdistill.runs.fit import fit
from rankdistill.runs.preparing import prepared_model
from rankdistill.runs.stacked_fits import draw_fit, refuse_failed
from rankdistill.runs.trainer import keeps_last, make_trainer
from rankdistill.tuning.epochs import FollowTrial
from rankdistill.tuning.recipe import Recipe, seeded
from rankdistill.tuning.side_by_side import SeedOfTrial
from rankdistill.tuning.space import Space, as_override, drawn_values

DRAWN, BEST_EPOCHS, FIT_SECONDS = "drawn", "best_epochs", "fit_seconds"
"""Attributes of a trial: the values that it ran with; each seed's best epoch; its duration."""


def run_trial(
    trial: optuna.Trial,
    recipe: Recipe,
    space: Space,
    tuning: Tuning,
    threads: int | None,
    datamodule: InteractionsDataModule,
    folder: Path,
    models: Sequence[SeedOfTrial] = (),
) -> float:
    """Fit once per seed; the first fit may be cut short.

    Args:
        trial: The trial, its values drawn.
        recipe: What its configuration is composed from.
        space: What was drawn.
        tuning: How settings are searched for.
        threads: Processor threads of the fit; None: PyTorch's default.
        datamodule: The data, set up.
        folder: Where the curves go.
        models: One for each seed, where they were trained beside those of other trials.

    Returns:
        The mean over the seeds of the validation metric of the epoch that is kept.

    Raises:
        optuna.TrialPruned: If the trial lags behind the others.
        ValueError, FloatingPointError: If the settings do not go together, or the model diverges.
    """
    trial.set_user_attr(DRAWN, drawn_values(space, trial.params))
    values: list[float] = []
    epochs: list[int] = []
    start = time.perf_counter()
    beside = sum(model.fit.seconds for model in models if model.fit is not None)
    try:
        cfg = settings_of_trial(trial, recipe, space, threads)
        for number, seed in enumerate(tuning.seeds or [None]):
            place = folder / f"fit-{number + 1}"
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            model = models[number] if models else None
            if model is not None and model.fit is not None:
                follow = model.follow
                draw_fit(place, model.fit)
                refuse_failed(model.fit)
            else:
                follow = follower(cfg, tuning, trial, number)
                fit_once(seeded(cfg, seed), datamodule, follow, place)
            if models and models[0].pruned is not None:
                raise models[0].pruned
            values.append(follow.kept[0])
            epochs.append(follow.kept[1])
    finally:
        trial.set_user_attr(BEST_EPOCHS, epochs)
        trial.set_user_attr(FIT_SECONDS, round(beside + time.perf_counter() - start, 2))
    return sum(values) / len(values)


def settings_of_trial(
    trial: optuna.Trial, recipe: Recipe, space: Space, threads: int | None
) -> TuneConfig:
    """Compose the configuration of a trial.

    Args:
        trial: The trial, its values drawn.
        recipe: What its configuration is composed from.
        space: What was drawn.
        threads: Processor threads of a fit; None: PyTorch's default.

    Raises:
        ValueError, HydraException: If the settings do not go together.
    """
    drawn = drawn_values(space, trial.params)
    cfg = recipe.settings([as_override(key, value) for key, value in drawn.items()])
    return replace(cfg, trainer=replace(cfg.trainer, progress=False, threads=threads))


def follower(cfg: TuneConfig, tuning: Tuning, trial: optuna.Trial, number: int) -> FollowTrial:
    """Make what follows a fit of a trial; it may end the first one early.

    Args:
        cfg: The trial's configuration.
        tuning: How settings are searched for.
        trial: The trial.
        number: Of the seed, from 0.
    """
    # A learning rate that falls helps most at the end: halfway such a trial looks bad.
    decays = cfg.training.decay_epochs is not None
    watched = trial if tuning.pruning and number == 0 and not decays else None
    keeps = keeps_last(cfg.trainer, cfg.training.decay_epochs)
    monitor = cfg.evaluation.monitor
    return FollowTrial(monitor, watched, tuning.warmup_epochs, tuning.pruning_interval, keeps)


def fit_once(
    cfg: ModelConfig, datamodule: InteractionsDataModule, follow: FollowTrial, folder: Path
) -> None:
    """Fit into a folder that keeps the curves, not the weights."""
    module = prepared_model(cfg, datamodule)
    trainer = make_trainer(
        cfg.trainer, follow.monitor, folder, "trial", module.decay_epochs, [follow]
    )
    try:
        fit(trainer, module, datamodule)
    finally:
        (folder / CHECKPOINT).unlink(missing_ok=True)
