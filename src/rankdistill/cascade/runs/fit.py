"""One ranker of a cascade: fit it, keep its best epoch, find the final ranker where it is made."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any, TypeVar

import torch

from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.data.examples import Examples
from rankdistill.cascade.data.examples_datamodule import ExamplesDataModule
from rankdistill.cascade.modules.final_ranker import FinalRanker
from rankdistill.cascade.modules.impression_ranker import ImpressionRanker
from rankdistill.cascade.runs.models import Config, make_final_ranker
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.files import write_json_atomically
from rankdistill.runs.checkpoints import CHECKPOINT, read_checkpoint, served_weights
from rankdistill.runs.fit import METRICS, WEIGHTS, interruptible, remove_earlier_run
from rankdistill.runs.made_once import made_once
from rankdistill.runs.trainer import make_trainer, shaping_settings
from rankdistill.runs.weights_file import load_weights, save_weights

MONITOR = "val/cross_entropy"
STORE_FORMAT = 1

Ranker = TypeVar("Ranker", bound=ImpressionRanker)


def fit_ranker(
    module: Ranker,
    train: Examples,
    validation: Examples,
    trainer_config: dict[str, Any],
    patience: int,
    folder: Path,
    title: str,
    storage_bits: int,
) -> tuple[Ranker, dict[str, Any]]:
    """Fit with early stopping on the cross-entropy of user labels, and keep the best epoch.

    Args:
        module: What to fit.
        train: Examples to learn from, on the CPU.
        validation: Examples that choose the epoch.
        trainer_config: The ``trainer`` node.
        patience: Epochs without a better validation, at most those of the trainer.
        folder: Where model.ckpt, weights.pt (what is served) and the curves go; an earlier run's
            files there are removed.
        title: Name for the progress bar.
        storage_bits: Of a weight in weights.pt, with whose content all is measured.

    Returns:
        The module at its best epoch as it would be served, in eval mode, and ``fit_seconds``,
        ``best_epoch``, ``parameters`` (trained), ``served_parameters`` and ``weights_bytes``.
    """
    config = {**trainer_config, "patience": min(patience, trainer_config["patience"])}
    folder.mkdir(parents=True, exist_ok=True)
    remove_earlier_run(folder)
    trainer = make_trainer(config, MONITOR, folder, title, mode="min")
    start = time.perf_counter()
    with interruptible():
        trainer.fit(module, datamodule=ExamplesDataModule(train, validation))
    seconds = time.perf_counter() - start
    checkpoint = read_checkpoint(folder / CHECKPOINT)
    module.load_state_dict(checkpoint["state_dict"])
    save_weights(served_weights(checkpoint), folder / WEIGHTS, storage_bits)
    module.network.load_state_dict(load_weights(folder / WEIGHTS))
    fields = {
        "fit_seconds": seconds,
        "best_epoch": checkpoint["epoch"] + 1,
        "parameters": sum(weight.numel() for weight in module.parameters()),
        "served_parameters": sum(weight.numel() for weight in module.network.parameters()),
        "weights_bytes": (folder / WEIGHTS).stat().st_size,
    }
    return module.eval(), fields


def obtain_final_ranker(
    cfg: Config, data: CascadeData, datamodule: InteractionsDataModule, title: str
) -> tuple[FinalRanker, dict[str, Any], Path]:
    """The final ranker that a configuration asks for, found in the store or trained now.

    Returns:
        The ranker in eval mode on the CPU, how it was fitted (see ``fit_ranker``), its folder.
    """
    node = cfg["final_ranker"]
    folder = Path(node["store"]) / _store_name(cfg, data)

    def make(place: Path) -> None:
        module = make_final_ranker(cfg, data, datamodule)
        parts = (data.examples["train"], data.examples["validation"])
        patience, bits = node["training"]["patience"], cfg["storage"]["bits"]
        _, fields = fit_ranker(module, *parts, cfg["trainer"], patience, place, title, bits)
        write_json_atomically(place / METRICS, fields)

    made_once(folder, METRICS, make)
    module = make_final_ranker(cfg, data, datamodule)
    module.network.load_state_dict(load_weights(folder / WEIGHTS))
    return module.eval(), json.loads((folder / METRICS).read_text()), folder


def _store_name(cfg: Config, data: CascadeData) -> str:
    """Sixteen hexadecimal digits over everything that shapes a final ranker."""
    node = cfg["final_ranker"]
    content = {
        "format": STORE_FORMAT,
        "final_ranker": {key: node[key] for key in ("network", "training")},
        "data": data.fingerprint,
        "history": cfg["requests"]["history"],
        **{key: cfg[key] for key in ("seed", "storage")},
        "trainer": shaping_settings(cfg["trainer"]),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def measuring_device(trainer_config: dict[str, Any]) -> torch.device:
    """Where trained rankers score: a GPU where they are trained on one."""
    wants_gpu = trainer_config["accelerator"] in ("gpu", "cuda", "auto")
    return torch.device("cuda" if wants_gpu and torch.cuda.is_available() else "cpu")
