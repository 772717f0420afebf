"""From a composed configuration to datamodules and LightningModules."""

from __future__ import annotations

from typing import Any, TypeVar

import pytorch_lightning as pl

from rankdistill.backbones.interface import Backbone
from rankdistill.building import build, target_class
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.modules.distilled_student import DistilledStudent
from rankdistill.modules.frozen_teacher import FrozenTeacher
from rankdistill.modules.ranker import Ranker
from rankdistill.modules.recommender import Recommender
from rankdistill.modules.student import Student
from rankdistill.modules.teacher import Teacher

Config = dict[str, Any]
Model = TypeVar("Model", bound=Ranker)


def make_datamodule(cfg: Config) -> InteractionsDataModule:
    """Load and split the data that a configuration names.

    Raises:
        ValueError, FileNotFoundError: In one clear line, where the data cannot be had.
    """
    datamodule = build(
        cfg["data"],
        allow=cfg["allow_targets"],
        splitter=build(cfg["split"], allow=cfg["allow_targets"]),
        split_seed=cfg["seed"]["split"],
        user_block=cfg["evaluation"]["user_block"],
    )
    datamodule.setup()
    return datamodule


def make_model(
    cfg: Config, datamodule: InteractionsDataModule, teacher: Backbone | None
) -> Recommender:
    """The module that ``cfg.module`` names; a distilled student is given its teacher.

    Without a teacher a distilled student shows the mistakes in its configuration, but cannot be
    fitted.
    """
    module = target_class(cfg["module"], cfg["allow_targets"])
    is_distilled = issubclass(module, DistilledStudent)
    further = {"distillation": cfg["distillation"], "teacher": teacher} if is_distilled else {}
    return _make(module, cfg, cfg, datamodule, further)


def make_student(cfg: Config, datamodule: InteractionsDataModule) -> Recommender:
    """The student that a distilled student of the same configuration is compared with."""
    own = cfg["student"] or {}
    return _make(Student, {**cfg, **own}, cfg, datamodule, {})


def make_teacher(cfg: Config, datamodule: InteractionsDataModule) -> Ranker:
    """The teacher that the ``teacher`` node describes; without a ranking loss it is solved."""
    kind = FrozenTeacher if cfg["teacher"]["ranking_loss"] is None else Teacher
    return _make(kind, cfg["teacher"], cfg, datamodule, {})


def teacher_kind(cfg: Config) -> type[Backbone] | None:
    """The class of the teacher's backbone; None where its checkpoint will tell."""
    if cfg["teacher"]["checkpoint"] is not None:
        return None
    return target_class(cfg["teacher"]["backbone"], cfg["allow_targets"])


def _make(
    module: type[Model],
    model: Config,
    cfg: Config,
    datamodule: InteractionsDataModule,
    further: Config,
) -> Model:
    pl.seed_everything(model["seed"]["initialization"], verbose=False)
    split = datamodule.split
    learning = (
        {"ranking_loss": model["ranking_loss"], **model["training"]}
        if issubclass(module, Recommender)
        else {}
    )
    return module(
        backbone=model["backbone"],
        **learning,
        num_users=split.train.num_users,
        num_items=split.train.num_items,
        metrics=cfg["evaluation"]["metrics"],
        top_k=cfg["evaluation"]["top_k"],
        seed=model["seed"]["sampling"],
        data={
            "fingerprint": datamodule.fingerprint,
            "split_fingerprint": split.fingerprint,
            "config": {key: cfg[key] for key in ("data", "split")},
            "split_seed": cfg["seed"]["split"],
        },
        allow_targets=cfg["allow_targets"],
        **further,
    )
