"""Make the Lightning trainer of a model, and list the settings that shape its weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import TensorBoardLogger

from rankdistill.config.limits import check_processes
from rankdistill.config.trainer import TrainerConfig
from rankdistill.runs.checkpoints import CHECKPOINT, AtomicCheckpointIO
from rankdistill.runs.early_stopping import StopsAfterSteps
from rankdistill.runs.fixed_epochs import FixedEpochs
from rankdistill.runs.interrupts import InterruptBetweenBatches
from rankdistill.runs.progress import EpochBar
from rankdistill.runs.step_captures import asking_for_captures

EXACT, BEST = "highest", "best"


def make_trainer(
    config: TrainerConfig,
    monitor: str,
    folder: Path,
    title: str,
    decay_epochs: int | None = None,
    callbacks: Sequence[pl.Callback] = (),
    mode: str = "max",
) -> pl.Trainer:
    """Make a trainer that validates every epoch and keeps the best one, or the last.

    Where the learning rate decays, the last epochs are the best, so nothing stops training early.
    """
    is_last_kept = keeps_last(config, decay_epochs)
    watched = {} if is_last_kept else {"monitor": monitor, "mode": mode}
    stopping = [StopsAfterSteps(monitor, mode, config.patience, config.least_steps)]
    return _trainer(
        config,
        folder,
        decay_epochs,
        [
            *(stopping if decay_epochs is None else []),
            _keeping(folder, **watched),
            InterruptBetweenBatches(),
            *callbacks,
            *([EpochBar(title, monitor, mode, is_last_kept)] if config.progress else []),
        ],
    )


def keeps_last(config: TrainerConfig, decay_epochs: int | None) -> bool:
    """Tell whether the last epoch of a model is kept, whatever validation says."""
    return config.keep == "last" and decay_epochs is not None


def make_blind_trainer(
    config: TrainerConfig,
    epochs: int,
    folder: Path,
    title: str,
    decay_epochs: int | None = None,
    callbacks: Sequence[pl.Callback] = (),
) -> pl.Trainer:
    """Make a trainer that looks at no validation and keeps the last of a number of epochs.

    The learning rate decays as if training went on to its planned end.
    """
    own = [
        FixedEpochs(epochs, title, config.progress),
        _keeping(folder, every_n_epochs=epochs),
        InterruptBetweenBatches(),
    ]
    return _trainer(config, folder, decay_epochs, [*own, *callbacks], limit_val_batches=0)


def _keeping(folder: Path, **when: Any) -> ModelCheckpoint:
    return ModelCheckpoint(
        folder,
        filename=CHECKPOINT.removesuffix(".ckpt"),
        save_weights_only=True,
        enable_version_counter=False,
        **when,
    )


def _trainer(
    config: TrainerConfig,
    folder: Path,
    decay_epochs: int | None,
    callbacks: Sequence[pl.Callback],
    **more: Any,
) -> pl.Trainer:
    """Make a Lightning trainer that keeps no records of single steps."""
    if config.accelerator == "auto" and not torch.accelerator.is_available():
        check_processes(config.devices)
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
        callbacks=[*callbacks, *asking_for_captures(config.cuda_graphs)],
        plugins=[AtomicCheckpointIO()],
        num_sanity_val_steps=0,
        log_every_n_steps=1_000_000,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
        **more,
    )


def shaping_settings(config: TrainerConfig) -> dict[str, Any]:
    """List the settings that trained weights depend on, but for some usual values of them."""
    settings: dict[str, Any] = {
        "max_epochs": config.max_epochs,
        "patience": config.patience,
        "least_steps": config.least_steps,
        "precision": config.precision,
    }
    if config.matmul_precision != EXACT:
        settings["matmul_precision"] = config.matmul_precision
    if config.keep != BEST:
        settings["keep"] = config.keep
    return settings
