"""Keep the plain students that sweeps are compared with: each is trained once and found again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from rankdistill.config.model import ModelConfig
from rankdistill.config.primitives import primitives
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.runs.fit import METRICS, fit_and_test
from rankdistill.runs.made_once import made_once
from rankdistill.runs.models import make_student
from rankdistill.runs.trainer import shaping_settings

_MODEL_KEYS = ("ranking_loss", "negatives", "storage")


def obtain_student(
    cfg: ModelConfig, datamodule: InteractionsDataModule, title: str
) -> dict[str, Any]:
    """Find the plain student of a configuration in the store, or train and test it now.

    Args:
        cfg: The configuration of a distilled student.
        datamodule: The data, set up.
        title: Name for the progress bar.

    Returns:
        The content of its metrics.json.
    """
    assert cfg.student is not None

    def make(folder: Path) -> None:
        fit_and_test(
            make_student(cfg, datamodule),
            datamodule,
            cfg.trainer,
            cfg.evaluation.monitor,
            cfg.seed,
            folder,
            title,
            cfg.storage.bits,
        )

    folder = Path(cfg.student.store) / student_hash(cfg, datamodule)
    made_once(folder, METRICS, make)
    return json.loads((folder / METRICS).read_text(encoding="utf-8"))


def student_hash(cfg: ModelConfig, datamodule: InteractionsDataModule) -> str:
    """Hash everything that shapes a plain student and its results to sixteen hex digits."""
    settings = primitives(cfg)
    student = settings["student"]
    content = {
        "split": datamodule.split.fingerprint,
        "model": {key: settings[key] for key in _MODEL_KEYS} | {"backbone": student["backbone"]},
        "training": student["training"],
        "seed": settings["seed"],
        "evaluation": cfg.evaluation.identity,
        "trainer": shaping_settings(cfg.trainer),
        **({} if datamodule.split.history is None else {"fold_in": settings["fold_in"]}),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
