"""Train a student once for each seed, the seeds side by side, and keep the runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from omegaconf import open_dict

from rankdistill.config.command_line import CommandLine
from rankdistill.config.train import TrainConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.modules.recommender import Recommender
from rankdistill.runs.fit import METRICS, fit_and_test
from rankdistill.runs.models import make_model, make_student
from rankdistill.runs.seeding import with_seed
from rankdistill.runs.stack_trainer import StackBounds, StackedJob, fit_side_by_side
from rankdistill.runs.teacher_store import obtain_teacher
from rankdistill.settings import read_settings

BOUNDS = StackBounds(memory_gib=2.0, at_once=None)


def settings_of(overrides: Sequence[str]) -> TrainConfig:
    """Compose what is typed after ``rankdistill train``."""
    composed = CommandLine("train", tuple(overrides)).compose()
    with open_dict(composed):
        composed.pop("hydra")
    cfg: TrainConfig = read_settings("train", composed)
    return replace(cfg, trainer=replace(cfg.trainer, progress=False))


def fitted(
    cfg: TrainConfig,
    seeds: Sequence[int],
    datamodule: InteractionsDataModule,
    folder: Path,
    *,
    alone: bool = False,
) -> list[Path]:
    """Give the folders of a student's runs, one for each seed; those that lack are trained now.

    Args:
        cfg: Of the distilled student.
        seeds: Of initialisation and sampling, and of its teacher.
        datamodule: The data, set up.
        folder: Where the runs are kept.
        alone: Whether the plain student is meant, that of the same configuration.
    """
    folders = {seed: folder / f"seed-{seed}" for seed in seeds}
    seeded = {
        seed: with_seed(cfg, seed)
        for seed, place in folders.items()
        if not (place / METRICS).is_file()
    }
    modules = {seed: _made(own, datamodule, alone) for seed, own in seeded.items()}
    jobs = [
        StackedJob(f"{folder.name}, seed {seed}", module, cfg.trainer, cfg.evaluation.monitor)
        for seed, module in modules.items()
    ]
    fits = fit_side_by_side(jobs, datamodule, BOUNDS, folder.name, lambda line: None)
    for (seed, module), fit in zip(modules.items(), fits, strict=True):
        own = seeded[seed]
        fit_and_test(
            module,
            datamodule,
            own.trainer,
            own.evaluation.monitor,
            own.seed,
            folders[seed],
            f"{folder.name}, seed {seed}",
            own.storage.bits,
            stacked=fit,
        )
    return list(folders.values())


def _made(cfg: TrainConfig, datamodule: InteractionsDataModule, alone: bool) -> Recommender:
    if alone:
        return make_student(cfg, datamodule)
    return make_model(cfg, datamodule, obtain_teacher(cfg, datamodule, "teacher").backbone)
