"""Train a student once for each seed, and measure it in any number of bits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytorch_lightning as pl
import torch
from benchmarks.front.students import ALONE, Student
from omegaconf import open_dict

from rankdistill.config.command_line import CommandLine
from rankdistill.config.train import TrainConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.files import replacing
from rankdistill.modules.recommender import Recommender
from rankdistill.rank_files.tables import stored_bytes
from rankdistill.runs.checkpoints import CHECKPOINT, read_checkpoint, served_weights
from rankdistill.runs.fit import METRICS, fit_and_test
from rankdistill.runs.models import make_datamodule, make_model, make_student
from rankdistill.runs.seeding import with_seed
from rankdistill.runs.shipping import restored_weights, stored_tables
from rankdistill.runs.teacher_store import obtain_teacher
from rankdistill.settings import read_settings

OUTPUTS = Path("outputs/front")
SHOWN = ("map@5", "ndcg@10")


class Measured(NamedTuple):
    """A student of one seed, stored in some bits.

    Attributes:
        num_bytes: Size of its weights.
        validation: NDCG@10 on validation.
        per_user: (num_users,) test values by metric.
    """

    num_bytes: int
    validation: float
    per_user: dict[str, np.ndarray]


def settings_of(student: Student, seed: int) -> TrainConfig:
    """Compose what a student of one seed is trained with."""
    composed = CommandLine("train", student.overrides).compose()
    with open_dict(composed):
        composed.pop("hydra")
    cfg: TrainConfig = with_seed(read_settings("train", composed), seed)
    return replace(cfg, trainer=replace(cfg.trainer, progress=False))


def data_of(cfg: TrainConfig) -> InteractionsDataModule:
    """Load the data that every student is of."""
    return make_datamodule(cfg)


def trained(student: Student, seed: int, datamodule: InteractionsDataModule) -> Recommender:
    """Give a student with its exact weights: from its folder, or trained now."""
    cfg, folder = settings_of(student, seed), OUTPUTS / student.name / f"seed-{seed}"
    is_alone = student.method == ALONE
    if not (folder / METRICS).is_file():
        teacher = None if is_alone else obtain_teacher(cfg, datamodule, "teacher").backbone
        fresh = make_student(cfg, datamodule) if is_alone else make_model(cfg, datamodule, teacher)
        fit_and_test(
            fresh,
            datamodule,
            cfg.trainer,
            cfg.evaluation.monitor,
            cfg.seed,
            folder,
            student.name,
            cfg.storage.bits,
        )
    module = make_student(cfg, datamodule) if is_alone else make_model(cfg, datamodule, None)
    module.backbone.load_state_dict(served_weights(read_checkpoint(folder / CHECKPOINT)))
    return module


def measured(
    student: Student, seed: int, bits: int, datamodule: InteractionsDataModule
) -> Measured:
    """Measure a student in so many bits, unless its folder holds what was measured."""
    path = OUTPUTS / student.name / f"seed-{seed}" / f"int{bits}.npz"
    if not path.is_file():
        found = _measure(trained(student, seed, datamodule), bits, datamodule)
        with replacing(path) as temporary, temporary.open("wb") as file:
            about = {"num_bytes": found.num_bytes, "validation": found.validation}
            np.savez(file, about=json.dumps(about), **found.per_user)
    with np.load(path, allow_pickle=False) as arrays:
        about: dict[str, Any] = json.loads(str(arrays["about"]))
        return Measured(**about, per_user={name: arrays[name] for name in SHOWN})


def _measure(module: Recommender, bits: int, datamodule: InteractionsDataModule) -> Measured:
    backbone = module.backbone
    weights, served = backbone.state_dict(), backbone.served()
    tables = stored_tables(weights, served, bits, backbone.ranks_nothing)
    backbone.load_state_dict(restored_weights(tables, weights, served))
    trainer = pl.Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.validate(module, datamodule=datamodule, verbose=False)
    validation = float(trainer.callback_metrics["val/ndcg@10"])
    trainer.test(module, datamodule=datamodule, verbose=False)
    order = torch.argsort(torch.cat([block["user_ids"] for block in module.per_user]))
    per_user = {
        name: torch.cat([block[name] for block in module.per_user])[order].numpy() for name in SHOWN
    }
    return Measured(sum(map(stored_bytes, tables.values())), validation, per_user)
