"""Make datamodules and LightningModules from a command's configuration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, TypeVar

import pytorch_lightning as pl

from rankdistill.backbones.interface import Backbone
from rankdistill.building import Component, build, target_class
from rankdistill.config.model import ModelConfig
from rankdistill.config.primitives import primitives
from rankdistill.config.teacher import TeacherConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.data.evaluation_protocol import EvaluationProtocol
from rankdistill.modules.distilled_student import DistilledStudent
from rankdistill.modules.frozen_teacher import FrozenTeacher
from rankdistill.modules.ranker import Ranker
from rankdistill.modules.recommender import Recommender
from rankdistill.modules.student import Student
from rankdistill.modules.teacher import Teacher
from rankdistill.runs.batch_sizes import with_batch_sizes
from rankdistill.runs.chosen_method import with_chosen_method
from rankdistill.runs.row_memory import fitting_users, refuse_long_rows
from rankdistill.runs.trained_on import without_places

Model = TypeVar("Model", bound=Ranker)


def make_datamodule(cfg: ModelConfig) -> InteractionsDataModule:
    """Load and split the data that a configuration names.

    Raises:
        ValueError, FileNotFoundError: In one clear line, where the data cannot be had.
    """
    protocol = EvaluationProtocol(
        users=cfg.evaluation.users,
        masked_at_test=cfg.evaluation.masked_at_test,
        sampled_negatives=cfg.evaluation.sampled_negatives,
    )
    return load_data(
        cfg.data,
        cfg.split,
        cfg.seed.split,
        cfg.evaluation.user_block,
        cfg.allow_targets,
        protocol,
        cfg.rows_gib,
    )


def load_data(
    data: Component,
    split: Component,
    split_seed: int,
    user_block: int,
    allow: Sequence[str],
    protocol: EvaluationProtocol | None = None,
    rows_gib: float = math.inf,
) -> InteractionsDataModule:
    """Load and split data.

    Args:
        data: The datamodule.
        split: How it is divided.
        split_seed: Seed of the split.
        user_block: Users ranked at once in evaluation.
        allow: Further module prefixes that the components may name.
        protocol: How models are measured; None where none are.
        rows_gib: What their scores may take; fewer users are ranked at once on large catalogues.

    Raises:
        ValueError, FileNotFoundError: In one clear line, where the data cannot be had.
    """
    if not issubclass(target_class(data, allow), InteractionsDataModule):
        raise ValueError(
            f"{data.name} reads no interactions of users and items, which this command needs: "
            "choose other data with data=..."
        )
    splitter = build(split, allow=allow)
    datamodule = build(
        data,
        allow=allow,
        splitter=splitter,
        split_seed=split_seed,
        user_block=user_block,
        protocol=protocol,
    )
    datamodule.setup()
    if rows_gib < math.inf:
        num_items = datamodule.split.train.num_items
        datamodule.user_block = fitting_users(user_block, num_items, rows_gib)
    return datamodule


def make_model(
    cfg: ModelConfig, datamodule: InteractionsDataModule, teacher: Backbone | None
) -> Recommender:
    """Make the module that ``cfg.module`` names; a distilled student is given its teacher.

    Without a teacher a distilled student shows the mistakes in its configuration, but cannot be
    fitted.
    """
    train = datamodule.split.train
    cfg = with_chosen_method(with_batch_sizes(cfg, train), train)
    module = target_class(cfg.module, cfg.allow_targets)
    further = {}
    if issubclass(module, DistilledStudent):
        further = {"distillation": primitives(cfg.distillation), "teacher": teacher}
    return _make(module, cfg, cfg, datamodule, further)


def make_student(cfg: ModelConfig, datamodule: InteractionsDataModule) -> Recommender:
    """Make the plain student that the distilled one is compared with."""
    cfg = with_batch_sizes(cfg, datamodule.split.train)
    own, student = cfg, cfg.student
    if student is not None:
        own = replace(cfg, backbone=student.backbone, training=student.training)
    return _make(Student, own, cfg, datamodule, {})


def make_teacher(cfg: ModelConfig, datamodule: InteractionsDataModule) -> Ranker:
    """Make the untrained teacher; one without a ranking loss is solved in closed form."""
    cfg = with_batch_sizes(cfg, datamodule.split.train)
    assert cfg.teacher is not None
    kind = FrozenTeacher if cfg.teacher.ranking_loss is None else Teacher
    return _make(kind, cfg.teacher, cfg, datamodule, {})


def teacher_kind(cfg: ModelConfig) -> type[Backbone] | None:
    """Find the class of the teacher's backbone; None where only its checkpoint tells."""
    assert cfg.teacher is not None
    if cfg.teacher.checkpoint is not None:
        return None
    return target_class(cfg.teacher.backbone, cfg.allow_targets)


def fold_in_of(model: ModelConfig | TeacherConfig, cfg: ModelConfig) -> dict[str, Any] | None:
    """Say how a model fits new users: by the loss that it is trained with.

    Args:
        model: The model.
        cfg: What it is configured with.

    Returns:
        ``loss`` and ``l2``; of an ensemble such settings by the name of a member; None where the
        model is not trained by a loss of ours.
    """
    if isinstance(model, TeacherConfig) and model.members is not None:
        members = {name: fold_in_of(member, cfg) for name, member in model.members.items()}
        return {name: settings for name, settings in members.items() if settings is not None}
    if model.ranking_loss is None:
        return None
    loss = getattr(target_class(model.ranking_loss, cfg.allow_targets), "fold_in", None)
    return None if loss is None else {"loss": loss, "l2": cfg.fold_in.l2}


def _make(
    module: type[Model],
    model: ModelConfig | TeacherConfig,
    cfg: ModelConfig,
    datamodule: InteractionsDataModule,
    further: dict[str, Any],
) -> Model:
    pl.seed_everything(model.seed.initialization, verbose=False)
    split = datamodule.split
    learning: dict[str, Any] = {}
    if issubclass(module, Recommender):
        assert model.ranking_loss is not None
        assert model.training is not None
        learning = {"ranking_loss": model.ranking_loss.node, **asdict(model.training)}
        is_small = module is not Teacher  # a teacher is stored as it is
        learning["rounded_epochs"] = cfg.storage.rounded_epochs if is_small else 0
        learning["storage_bits"] = cfg.storage.bits
    made = module(
        backbone=model.backbone.node,
        **learning,
        num_users=split.train.num_users,
        num_items=split.train.num_items,
        metrics=cfg.evaluation.metrics,
        top_k=cfg.evaluation.top_k,
        seed=model.seed.sampling,
        data={
            "fingerprint": datamodule.fingerprint,
            "split_fingerprint": split.fingerprint,
            "config": {"data": without_places(cfg.data.node), "split": cfg.split.node},
            "split_seed": cfg.seed.split,
            **({"untested": True} if datamodule.holds_out_nothing else {}),
        },
        allow_targets=cfg.allow_targets,
        fold_in=fold_in_of(model, cfg),
        **further,
    )
    if isinstance(made, Recommender):
        whose = "teacher" if isinstance(model, TeacherConfig) else ""
        refuse_long_rows(made, split.train, cfg.rows_gib, whose)
    return made
