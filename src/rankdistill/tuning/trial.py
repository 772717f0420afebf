"""Run a trial: fit with the drawn settings and validate, but never test."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path

import optuna

from rankdistill.config.model import ModelConfig
from rankdistill.config.tune import Tuning
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.runs.checkpoints import CHECKPOINT
from rankdistill.runs.fit import fit
from rankdistill.runs.preparing import prepared_model
from rankdistill.runs.trainer import keeps_last, make_trainer
from rankdistill.tuning.epochs import FollowTrial
from rankdistill.tuning.recipe import Recipe, seeded
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

    Returns:
        The mean over the seeds of the validation metric of the epoch that is kept.

    Raises:
        optuna.TrialPruned: If the trial lags behind the others.
        ValueError, FloatingPointError: If the settings do not go together, or the model diverges.
    """
    drawn = drawn_values(space, trial.params)
    trial.set_user_attr(DRAWN, drawn)
    values: list[float] = []
    epochs: list[int] = []
    start = time.perf_counter()
    try:
        cfg = recipe.settings([as_override(key, value) for key, value in drawn.items()])
        cfg = replace(cfg, trainer=replace(cfg.trainer, progress=False, threads=threads))
        for number, seed in enumerate(tuning.seeds or [None]):
            # A learning rate that falls helps most at the end: halfway such a trial looks bad.
            decays = cfg.training.decay_epochs is not None
            watched = trial if tuning.pruning and number == 0 and not decays else None
            follow = FollowTrial(
                cfg.evaluation.monitor,
                watched,
                tuning.warmup_epochs,
                tuning.pruning_interval,
                keeps_last(cfg.trainer, cfg.training.decay_epochs),
            )
            fit_once(seeded(cfg, seed), datamodule, follow, folder / f"fit-{number + 1}")
            values.append(follow.kept[0])
            epochs.append(follow.kept[1])
    finally:
        trial.set_user_attr(BEST_EPOCHS, epochs)
        trial.set_user_attr(FIT_SECONDS, round(time.perf_counter() - start, 2))
    return sum(values) / len(values)


def fit_once(
    cfg: ModelConfig, datamodule: InteractionsDataModule, follow: FollowTrial, folder: Path
) -> None:
    """Fit into a folder that keeps the curves, not the weights."""
    module = prepared_model(cfg, datamodule)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    trainer = make_trainer(
        cfg.trainer, follow.monitor, folder, "trial", module.decay_epochs, [follow]
    )
    try:
        fit(trainer, module, datamodule)
    finally:
        (folder / CHECKPOINT).unlink(missing_ok=True)
