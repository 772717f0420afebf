"""Keep teachers: each is trained once, under a lock, and reused by later runs and jobs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from rankdistill.backbones.ensemble import Ensemble
from rankdistill.backbones.interface import Backbone
from rankdistill.backbones.listed import Listed
from rankdistill.config.model import ModelConfig
from rankdistill.config.primitives import primitives
from rankdistill.config.trainer import TrainerConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.files import write_json_atomically
from rankdistill.modules.ranker import Ranker
from rankdistill.runs.batch_sizes import with_batch_sizes
from rankdistill.runs.checkpoints import CHECKPOINT, load_with_histories, read_checkpoint
from rankdistill.runs.fit import METRICS, RunResult, fit_and_test
from rankdistill.runs.made_once import made_once
from rankdistill.runs.models import make_teacher
from rankdistill.runs.per_user import PER_USER
from rankdistill.runs.stacked_fits import StackedFit
from rankdistill.runs.teacher_file import file_identity, read_lists, tell
from rankdistill.runs.trainer import shaping_settings
from rankdistill.runs.trajectory import (
    earlier_networks,
    keepers,
    keeps_trajectory,
    read_trajectory,
    trajectory_of,
)

STORE_FORMAT = 1
NOTES = "lists.json"
"""What a person should know of the lists of a teacher from a file."""

MODEL_KEYS = ("backbone", "ranking_loss", "training", "seed", "members")
LATER = (("decay_epochs", None), ("members", None), ("corrected", True))
"""Settings that are younger than the store, with the values that turn them off."""


@dataclass(frozen=True)
class StoredTeacher:
    """A frozen teacher and where it came from.

    Attributes:
        backbone: The scoring network, in eval mode on the CPU.
        checkpoint: Its model.ckpt.
        result: What its run measured; None for a checkpoint from elsewhere.
    """

    backbone: Backbone
    checkpoint: Path
    result: RunResult | None

    @property
    def folder(self) -> Path:
        """Its run's folder."""
        return self.checkpoint.parent


def is_stored(cfg: ModelConfig, datamodule: InteractionsDataModule) -> bool:
    """Tell whether the store holds the teacher of a configuration."""
    assert cfg.teacher is not None
    return (Path(cfg.teacher.store) / teacher_hash(cfg, datamodule) / METRICS).is_file()


def obtain_teacher(
    cfg: ModelConfig,
    datamodule: InteractionsDataModule,
    title: str,
    stacked: StackedFit | None = None,
) -> StoredTeacher:
    """Obtain the teacher of a configuration: given, found in the store, or trained now.

    Args:
        cfg: The configuration.
        datamodule: The data, set up.
        title: Name for the progress bar.
        stacked: How it was trained beside others; None: it is trained here where it has to be.

    Raises:
        FileNotFoundError, ValueError: If a given or stored checkpoint is missing, truncated, or
            was trained on other data, another catalogue or another split.
    """
    teacher = cfg.teacher
    assert teacher is not None
    if teacher.checkpoint is not None:
        path = Path(teacher.checkpoint)
        backbone = _checked_backbone(path, cfg, datamodule)
        if trajectory_of(cfg) > 1:
            backbone.earlier = read_trajectory(backbone, path)
        return StoredTeacher(backbone, path, None)
    folder = Path(teacher.store) / teacher_hash(cfg, datamodule)
    members = {
        name: obtain_teacher(alone, datamodule, f"{title}, {name}").backbone
        for name, alone in members_alone(cfg).items()
    }
    made_once(
        folder, METRICS, lambda place: _train(place, cfg, datamodule, title, members, stacked)
    )
    path = folder / CHECKPOINT
    if (folder / NOTES).is_file():
        tell(json.loads((folder / NOTES).read_text("utf-8")))
    backbone = _checked_backbone(path, cfg, datamodule)
    backbone.earlier = earlier_networks(cfg, backbone, path, members)
    fields = json.loads((folder / METRICS).read_text())
    with np.load(folder / PER_USER, allow_pickle=False) as arrays:
        per_user = dict(arrays)
    return StoredTeacher(backbone, path, RunResult(fields, per_user))


def members_alone(cfg: ModelConfig) -> dict[str, ModelConfig]:
    """The configuration with each member of an ensemble in the place of the teacher, by name."""
    assert cfg.teacher is not None
    members = cfg.teacher.members or {}
    return {name: replace(cfg, teacher=member) for name, member in members.items()}


def assembled_teacher(
    cfg: ModelConfig,
    datamodule: InteractionsDataModule,
    members: Mapping[str, Backbone],
    folder: Path,
) -> Ranker:
    """Make the untrained teacher; an ensemble takes its members, and one of lists reads its file.

    Args:
        cfg: The configuration.
        datamodule: The data, set up.
        members: Of an ensemble, the trained networks by name.
        folder: Where it is kept, and what is to be told of a file.
    """
    assert cfg.teacher is not None
    module = make_teacher(cfg, datamodule)
    if isinstance(module.backbone, Ensemble):
        module.backbone.take(members)
    if isinstance(module.backbone, Listed):
        read = read_lists(cfg.teacher, datamodule)
        module.backbone.take(read.lists)
        folder.mkdir(parents=True, exist_ok=True)
        write_json_atomically(folder / NOTES, {"told": read.told, "warned": read.warned})
    return module


def teacher_hash(
    cfg: ModelConfig, datamodule: InteractionsDataModule, epochs: int | None = None
) -> str:
    """Hash everything that shapes a teacher and its results to sixteen hexadecimal digits.

    Args:
        cfg: The configuration.
        datamodule: The data, set up.
        epochs: How long it is fitted where validation does not say so.
    """
    assert cfg.teacher is not None
    sized = with_batch_sizes(cfg, datamodule.split.train)
    teacher = primitives(sized.teacher)
    content = {
        "format": STORE_FORMAT,
        "split": datamodule.split.fingerprint,
        "model": {key: _named(teacher[key]) for key in MODEL_KEYS},
        "evaluation": cfg.evaluation.identity,
        "trainer": shaping_settings(cfg.trainer),
        **({} if epochs is None else {"epochs": epochs}),
        **({"file": file_identity(cfg.teacher)} if cfg.teacher.is_file else {}),
        **({} if datamodule.split.history is None else {"fold_in": primitives(cfg.fold_in)}),
        **({"trajectory": trajectory_of(cfg)} if keeps_trajectory(cfg) else {}),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _named(value: Any) -> Any:
    """Leave out later settings that are off, so that teachers stored earlier keep their names."""
    if not isinstance(value, dict):
        return value
    return {key: _named(item) for key, item in value.items() if (key, item) not in LATER}


def _train(
    folder: Path,
    cfg: ModelConfig,
    datamodule: InteractionsDataModule,
    title: str,
    members: dict[str, Backbone],
    stacked: StackedFit | None,
) -> None:
    assert cfg.teacher is not None
    module = assembled_teacher(cfg, datamodule, members, folder)
    trainer, monitor = on_one_device(cfg.trainer), cfg.evaluation.monitor
    seed = cfg.teacher.seed
    keeping = keepers(cfg)
    result = fit_and_test(
        module,
        datamodule,
        trainer,
        monitor,
        seed,
        folder,
        title,
        stacked=stacked,
        callbacks=keeping,
    )
    for kept in keeping:
        kept.write(folder, result.fields["best_epoch"] - 1)


def on_one_device(trainer: TrainerConfig) -> TrainerConfig:
    """Where a teacher is trained, whatever its students are trained on."""
    return replace(trainer, strategy="auto", devices=1, num_nodes=1)


def _checked_backbone(path: Path, cfg: ModelConfig, datamodule: InteractionsDataModule) -> Backbone:
    checkpoint = read_checkpoint(path)
    trained_on, split = checkpoint["hyper_parameters"]["data"], datamodule.split
    if trained_on["fingerprint"] != datamodule.fingerprint:
        hyper = checkpoint["hyper_parameters"]
        raise ValueError(
            f"The teacher in {path} was trained on other data: {hyper['num_users']} users and "
            f"{hyper['num_items']} items of {trained_on['config']['data']}, not the "
            f"{split.train.num_users} users and {split.train.num_items} items of {datamodule.name}."
        )
    if trained_on["split_fingerprint"] != split.fingerprint:
        raise ValueError(
            f"The teacher in {path} was trained on another split of {datamodule.name}, so it has "
            "seen held-out items of this one; use its split, seed.split="
            f"{trained_on['split_seed']}, or train a teacher on this one."
        )
    return load_with_histories(checkpoint, path, split.train, cfg.allow_targets)
