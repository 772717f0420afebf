"""Make the Lightning trainer of a model, and list the settings that shape its weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from pytorch_lightning.loggers import TensorBoardLogger

from rankdistill.config.limits import check_processes
from rankdistill.config.trainer import TrainerConfig
from rankdistill.runs.checkpoints import CHECKPOINT, AtomicCheckpointIO
from rankdistill.runs.interrupts import InterruptBetweenBatches
from rankdistill.runs.progress import EpochBar

EXACT = "highest"


def make_trainer(
    config: TrainerConfig,
    monitor: str,
    folder: Path,
    title: str,
    decay_epochs: int | None = None,
    callbacks: Sequence[pl.Callback] = (),
    mode: str = "max",
) -> pl.Trainer:
    """Make a Lightning trainer that keeps no records of single steps.

    Where the learning rate decays, the last epochs are the best, so nothing stops training early.
    """
    if config.accelerator == "auto" and not torch.accelerator.is_available():
        check_processes(config.devices)
    stopping = [EarlyStopping(monitor, mode=mode, patience=config.patience)]
    torch.set_float32_matmul_precision(config.matmul_precision)
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    precision: Any = config.precision  # Lightning refuses what it does not know
    return pl.Trainer(
        accelerator=config.accelerator,
        devices=config.devices,
        num_nodes=config.num_nodes,
        strategy=config.strategy,
        precision=precision,
        max_epochs=min(config.max_epochs, decay_epochs or config.max_epochs),
        default_root_dir=folder,
        logger=TensorBoardLogger(folder, name="", version="", default_hp_metric=False),
        callbacks=[
            *(stopping if decay_epochs is None else []),
            ModelCheckpoint(
                folder,
                filename=CHECKPOINT.removesuffix(".ckpt"),
                monitor=monitor,
                mode=mode,
                save_weights_only=True,
                enable_version_counter=False,
            ),
            InterruptBetweenBatches(),
            *callbacks,
            *([EpochBar(title, monitor, mode)] if config.progress else []),
        ],
        plugins=[AtomicCheckpointIO()],
        num_sanity_val_steps=0,
        log_every_n_steps=1_000_000,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )


def shaping_settings(config: TrainerConfig) -> dict[str, Any]:
    """List the settings that trained weights depend on; exact products are left out."""
    settings = {
        "max_epochs": config.max_epochs,
        "patience": config.patience,
        "precision": config.precision,
    }
    products = config.matmul_precision
    return settings if products == EXACT else {**settings, "matmul_precision": products}
