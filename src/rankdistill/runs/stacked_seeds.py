"""Train the models of a comparison side by side over seeds: teachers, then students."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rankdistill.config.compare import CompareConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.modules.ranker import Ranker
from rankdistill.runs.models import make_model, make_student, make_teacher
from rankdistill.runs.seeding import with_seed
from rankdistill.runs.stack_trainer import StackBounds, StackedJob, fit_side_by_side
from rankdistill.runs.stacked_fits import StackedFit
from rankdistill.runs.teacher_store import is_stored, obtain_teacher, on_one_device
from rankdistill.runs.trajectory import keeps_trajectory

ModelOfSeed = tuple[str, int]
"""A model's name, as in MODELS, and its seed."""


def fit_seeds(
    cfg: CompareConfig, datamodule: InteractionsDataModule
) -> dict[ModelOfSeed, StackedFit]:
    """Train what can be trained side by side; teachers are stored as they would be alone.

    Args:
        cfg: The comparison's configuration.
        datamodule: The data, set up.

    Returns:
        The fits of the models that were; the others are still to be trained.
    """
    bounds = StackBounds(cfg.stack.memory_gib, cfg.stack.at_once)
    if len(cfg.seeds) < 2 or bounds.at_once == 1:
        return {}
    seeded = {seed: with_seed(cfg, seed) for seed in cfg.seeds}
    to_train = {
        seed: make_teacher(own, datamodule)
        for seed, own in seeded.items()
        if _trains_teacher(own, datamodule)
    }
    alone = on_one_device(cfg.trainer)
    found = _fits("teacher", to_train, replace(cfg, trainer=alone), datamodule, bounds)
    teachers = {
        seed: obtain_teacher(own, datamodule, f"teacher, seed {seed}", found.get(("teacher", seed)))
        for seed, own in seeded.items()
    }
    students = {seed: make_student(own, datamodule) for seed, own in seeded.items()}
    found |= _fits("student", students, cfg, datamodule, bounds)
    distilled = {
        seed: make_model(own, datamodule, teachers[seed].backbone) for seed, own in seeded.items()
    }
    return found | _fits("distilled_student", distilled, cfg, datamodule, bounds)


def _trains_teacher(cfg: CompareConfig, datamodule: InteractionsDataModule) -> bool:
    teacher = cfg.teacher
    assert teacher is not None
    if teacher.checkpoint is not None or teacher.members or teacher.ranking_loss is None:
        return False
    if keeps_trajectory(cfg):
        return False
    return not is_stored(cfg, datamodule)


def _fits(
    model: str,
    modules: Mapping[int, Ranker],
    cfg: CompareConfig,
    datamodule: InteractionsDataModule,
    bounds: StackBounds,
) -> dict[ModelOfSeed, StackedFit]:
    name, monitor = model.replace("_", " "), cfg.evaluation.monitor
    jobs = [
        StackedJob(f"{name}, seed {seed},", module, cfg.trainer, monitor)
        for seed, module in modules.items()
    ]
    fits = fit_side_by_side(jobs, datamodule, bounds, f"{name}s", _say_nothing)
    return {(model, seed): fit for seed, fit in zip(modules, fits, strict=True) if fit is not None}


def _say_nothing(line: str) -> None:
    """Models of a comparison that are trained one after the other have a line each anyway."""
