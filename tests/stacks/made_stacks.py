"""Train models alone and in a stack, on made-up data, and keep all that is needed to compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.loggers.logger import DummyLogger
from tests.running import SMALL, SMALL_DISTILLED, composed, small_datamodule
from torch import Tensor

from rankdistill.backbones.interface import Backbone
from rankdistill.config.train import TrainConfig
from rankdistill.data.datamodule import SyntheticDataModule
from rankdistill.modules.recommender import Recommender
from rankdistill.runs.checkpoints import CHECKPOINT, read_checkpoint, served_weights
from rankdistill.runs.fit import fit
from rankdistill.runs.models import make_model, make_teacher
from rankdistill.runs.stack_trainer import StackBounds, StackedJob, fit_side_by_side
from rankdistill.runs.stacked_fits import StackedFit
from rankdistill.runs.trainer import make_trainer

SHARED = ("trainer.precision=64-true", "training.batch_size=32")


@dataclass
class Fitted:
    """How a model was trained: losses and metrics of its epochs, and what was kept."""

    curves: list[dict[str, float]]
    best_epoch: int = -1
    weights: Mapping[str, Tensor] | None = None
    error: str | None = None


class Noted(DummyLogger):
    """Keeps curves to the last digit, which TensorBoard does not."""

    def __init__(self) -> None:
        super().__init__()
        self.curves: dict[int, dict[str, float]] = {}

    def log_metrics(self, metrics: Mapping[str, float], step: int) -> None:
        self.curves.setdefault(step, {}).update(metrics)


def configurations(shared: Sequence[str], jobs: Sequence[str]) -> list[TrainConfig]:
    """The configuration of each job; its own overrides stand in one text."""
    alone = "module=student" in shared
    small = (*SMALL, "size=d2") if alone else SMALL_DISTILLED
    return [composed("train", *small, *SHARED, *shared, *job.split()) for job in jobs]


def modules_of(cfgs: Sequence[TrainConfig], datamodule: SyntheticDataModule) -> list[Recommender]:
    """The module of each job, anew. Teachers are random, and differ where their seeds do."""
    teachers: dict[Any, Backbone] = {}
    made = []
    for cfg in cfgs:
        if cfg.teacher is None:
            made.append(make_model(cfg, datamodule, None))
            continue
        seed = cfg.teacher.seed.initialization
        if seed not in teachers:
            teachers[seed] = _sure_teacher(cfg, datamodule)
        made.append(make_model(cfg, datamodule, teachers[seed]))
    return made


def _sure_teacher(cfg: TrainConfig, datamodule: SyntheticDataModule) -> Backbone:
    """A teacher whose scores lie far apart."""
    teacher = make_teacher(cfg, datamodule).backbone
    with torch.no_grad():
        for parameter in teacher.parameters():
            parameter.mul_(10)
    return teacher


def fitted_alone(
    module: Recommender, cfg: TrainConfig, datamodule: SyntheticDataModule, folder: Path
) -> Fitted:
    """Train a model as `rankdistill train` does."""
    trainer = make_trainer(cfg.trainer, cfg.evaluation.monitor, folder, "", module.decay_epochs)
    noted = Noted()
    trainer.logger = noted
    found = Fitted([])
    try:
        fit(trainer, module, datamodule)
    except FloatingPointError as error:
        found.error = str(error)
    else:
        checkpoint = read_checkpoint(folder / CHECKPOINT)
        found.best_epoch, found.weights = checkpoint["epoch"], served_weights(checkpoint)
    found.curves = [noted.curves[step] for step in sorted(noted.curves)]
    return found


def fitted_together(
    cfgs: Sequence[TrainConfig], datamodule: SyntheticDataModule
) -> list[StackedFit]:
    """Train models in one stack."""
    modules = modules_of(cfgs, datamodule)
    jobs = [
        StackedJob(f"job {number}", module, cfg.trainer, cfg.evaluation.monitor)
        for number, (module, cfg) in enumerate(zip(modules, cfgs, strict=True))
    ]
    said: list[str] = []
    found = fit_side_by_side(jobs, datamodule, StackBounds(1.0, len(jobs)), "jobs", said.append)
    assert not said
    fits = [fit for fit in found if fit is not None]
    assert len(fits) == len(jobs)
    return fits


def weighed(datamodule: SyntheticDataModule) -> SyntheticDataModule:
    """Give every training pair a weight of its own."""
    train = datamodule.split.train
    weights = 0.5 + torch.arange(train.num_interactions) % 7
    weighed_train = replace(train, weights=weights.float())
    datamodule.split = replace(datamodule.split, train=weighed_train)
    return datamodule


def plain_data() -> SyntheticDataModule:
    """Data that are made anew for each test that changes them."""
    return small_datamodule(num_users=120, num_interactions=1800)
