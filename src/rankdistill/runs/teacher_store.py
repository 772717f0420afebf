"""Teachers: made once per content, under a lock, reused by every later run and job."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rankdistill.backbones.ensemble import Ensemble
from rankdistill.backbones.interface import Backbone
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.runs.checkpoints import CHECKPOINT, load_backbone, read_checkpoint
from rankdistill.runs.fit import METRICS, RunResult, fit_and_test
from rankdistill.runs.made_once import made_once
from rankdistill.runs.models import Config, make_teacher
from rankdistill.runs.per_user import PER_USER
from rankdistill.runs.trainer import shaping_settings

STORE_FORMAT = 1
MODEL_KEYS = ("backbone", "ranking_loss", "training", "seed", "members")


@dataclass(frozen=True)
class StoredTeacher:
    """A frozen teacher and where it came from.

    Attributes:
        backbone: The scoring network, in eval mode on the CPU.
        folder: Its run folder, or the folder of the given checkpoint.
        result: What its run measured; None for a checkpoint from elsewhere.
    """

    backbone: Backbone
    folder: Path
    result: RunResult | None


def obtain_teacher(cfg: Config, datamodule: InteractionsDataModule, title: str) -> StoredTeacher:
    """The teacher that a configuration asks for: given, found in the store, or trained now.

    Raises:
        FileNotFoundError, ValueError: If a given or stored checkpoint is missing, truncated, or
            was trained on other data, another catalogue or another split.
    """
    given = cfg["teacher"]["checkpoint"]
    if given is not None:
        path = Path(given)
        return StoredTeacher(_checked_backbone(path, cfg, datamodule), path.parent, None)
    folder = Path(cfg["teacher"]["store"]) / teacher_hash(cfg, datamodule)
    members = {
        name: obtain_teacher({**cfg, "teacher": member}, datamodule, f"{title}, {name}").backbone
        for name, member in (cfg["teacher"].get("members") or {}).items()
    }
    made_once(folder, METRICS, lambda place: _train(place, cfg, datamodule, title, members))
    backbone = _checked_backbone(folder / CHECKPOINT, cfg, datamodule)
    fields = json.loads((folder / METRICS).read_text())
    with np.load(folder / PER_USER, allow_pickle=False) as arrays:
        per_user = dict(arrays)
    return StoredTeacher(backbone, folder, RunResult(fields, per_user))


def teacher_hash(cfg: Config, datamodule: InteractionsDataModule) -> str:
    """Sixteen hexadecimal digits over everything that shapes a teacher and what is kept of it."""
    teacher = cfg["teacher"]
    content = {
        "format": STORE_FORMAT,
        "split": datamodule.split.fingerprint,
        "model": {key: _named(teacher.get(key)) for key in MODEL_KEYS},
        "evaluation": {key: cfg["evaluation"][key] for key in ("monitor", "metrics", "top_k")},
        "trainer": shaping_settings(cfg["trainer"]),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _named(node: Any) -> Any:
    """A node without settings that came later and are off: earlier teachers keep their names."""
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if (key, value) != ("decay_epochs", None)}
    return {key: _named(value) for key, value in kept.items()}


def _train(
    folder: Path,
    cfg: Config,
    datamodule: InteractionsDataModule,
    title: str,
    members: dict[str, Backbone],
) -> None:
    one_device: dict[str, Any] = {"strategy": "auto", "devices": 1, "num_nodes": 1}
    module = make_teacher(cfg, datamodule)
    if isinstance(module.backbone, Ensemble):
        module.backbone.take(members)
    fit_and_test(
        module,
        datamodule,
        {**cfg["trainer"], **one_device},
        cfg["evaluation"]["monitor"],
        cfg["teacher"]["seed"],
        folder,
        title,
    )


def _checked_backbone(path: Path, cfg: Config, datamodule: InteractionsDataModule) -> Backbone:
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
    return load_backbone(checkpoint, path, cfg["allow_targets"])
