"""Measure a trained student in any number of bits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytorch_lightning as pl
import torch

from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.files import replacing
from rankdistill.modules.recommender import Recommender
from rankdistill.rank_files.tables import stored_bytes
from rankdistill.runs.checkpoints import CHECKPOINT, read_checkpoint, served_weights
from rankdistill.runs.shipping import restored_weights, stored_tables

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


def measured(
    folder: Path, module: Recommender, bits: int, datamodule: InteractionsDataModule
) -> Measured:
    """Measure the student of a run in so many bits, unless the folder holds what was measured.

    Args:
        folder: Of the run.
        module: A student with the settings of the run; its weights are replaced.
        bits: Of a stored weight.
        datamodule: The data, set up.
    """
    path = folder / f"int{bits}.npz"
    if not path.is_file():
        found = _measure(folder, module, bits, datamodule)
        about = {"num_bytes": found.num_bytes, "validation": found.validation}
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, about=json.dumps(about), **{k: found.per_user[k] for k in SHOWN})
    with np.load(path, allow_pickle=False) as arrays:
        about = json.loads(str(arrays["about"]))
        return Measured(**about, per_user={name: arrays[name] for name in SHOWN})


def _measure(
    folder: Path, module: Recommender, bits: int, datamodule: InteractionsDataModule
) -> Measured:
    backbone = module.backbone
    weights, served = served_weights(read_checkpoint(folder / CHECKPOINT)), backbone.served()
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
    order = torch.cat([block["user_ids"] for block in module.per_user]).argsort()
    per_user = {
        name: torch.cat([block[name] for block in module.per_user])[order].numpy() for name in SHOWN
    }
    return Measured(sum(map(stored_bytes, tables.values())), validation, per_user)
