"""Fit a ranker of a cascade and keep its best epoch as it is served."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import torch

from rankdistill.backbones.interface import Served
from rankdistill.cascade.config import RankerTraining
from rankdistill.cascade.data.examples import ExampleBatches, Examples
from rankdistill.cascade.data.examples_datamodule import ExamplesDataModule
from rankdistill.cascade.modules.impression_ranker import ImpressionRanker
from rankdistill.config.trainer import TrainerConfig
from rankdistill.rank_files.contents import RankFile
from rankdistill.rank_files.kinds import ANY_NETWORK
from rankdistill.rank_files.rank_file import RANK_FILE, read_rank_file, write_rank_file
from rankdistill.rank_files.tables import storage_name
from rankdistill.runs.checkpoints import CHECKPOINT, read_checkpoint, served_weights
from rankdistill.runs.fit import fit, remove_earlier_run
from rankdistill.runs.shipping import restored_weights, stored_tables
from rankdistill.runs.trainer import make_trainer

AnyRanker = TypeVar("AnyRanker", bound=ImpressionRanker)


def fit_ranker(
    module: AnyRanker,
    train: Examples,
    validation: Examples,
    trainer_config: TrainerConfig,
    training: RankerTraining,
    folder: Path,
    title: str,
    storage_bits: int,
) -> tuple[AnyRanker, dict[str, Any]]:
    """Fit, and keep the epoch with the best validation of what the ranker learns.

    Training stops early unless the learning rate decays.

    Args:
        module: The ranker to fit.
        train: Examples to learn from, on the CPU.
        validation: Examples that choose the epoch.
        trainer_config: Devices and lengths of training.
        training: Patience, which is at most that of the trainer, and the epochs of the decay.
        folder: Where model.ckpt, model.rank (what is served) and the curves go; an earlier run's
            files there are removed.
        title: Name for the progress bar.
        storage_bits: Bits of a weight in model.rank, from which the returned module is loaded.

    Returns:
        The module at its best epoch as it would be served, in eval mode, and ``fit_seconds``,
        ``best_epoch``, ``parameters`` (trained), ``served_parameters`` and ``weights_bytes``.
    """
    settings, decay_epochs = lengths(module, train, trainer_config, training)
    folder.mkdir(parents=True, exist_ok=True)
    remove_earlier_run(folder)
    trainer = make_trainer(settings, module.monitor, folder, title, decay_epochs, mode="min")
    seconds = fit(trainer, module, ExamplesDataModule(train, validation))
    return module, store_served(module, folder, seconds, storage_bits)


def lengths(
    module: ImpressionRanker, train: Examples, trainer: TrainerConfig, training: RankerTraining
) -> tuple[TrainerConfig, int | None]:
    """Say how long a ranker is trained.

    Args:
        module: The ranker.
        train: Examples to learn from.
        trainer: Of the configuration.
        training: The ranker's own patience and decay.

    Returns:
        The trainer with the smaller patience, and the epochs of the decay.
    """
    batches = len(ExampleBatches(train, module.batch_size))
    settings = replace(trainer, patience=min(training.patience, trainer.patience))
    return settings, training.epochs_of_decay(batches)


def store_served(
    module: ImpressionRanker, folder: Path, seconds: float, storage_bits: int
) -> dict[str, Any]:
    """Write model.rank from a folder's model.ckpt, and load the ranker as it is served.

    Args:
        module: The ranker, which is left at its best epoch in eval mode.
        folder: Its own.
        seconds: What its fit took.
        storage_bits: Bits of a weight in model.rank.

    Returns:
        The fields that ``fit_ranker`` tells of.
    """
    checkpoint = read_checkpoint(folder / CHECKPOINT)
    module.load_state_dict(checkpoint["state_dict"])
    tables = stored_tables(served_weights(checkpoint), Served(), storage_bits)
    model = RankFile(kind=ANY_NETWORK, storage=storage_name(storage_bits), tables=tables)
    write_rank_file(folder / RANK_FILE, model)
    load_served(module, folder)
    module.eval()
    return {
        "fit_seconds": seconds,
        "best_epoch": checkpoint["epoch"] + 1,
        "parameters": sum(weight.numel() for weight in module.parameters()),
        "served_parameters": sum(weight.numel() for weight in module.network.parameters()),
        "weights_bytes": model.weights_bytes,
    }


def load_served(module: ImpressionRanker, folder: Path) -> None:
    """Give a ranker the weights of the model.rank in a folder."""
    tables, weights = read_rank_file(folder / RANK_FILE).tables, module.network.state_dict()
    module.network.load_state_dict(restored_weights(tables, weights, Served()))


def measuring_device(trainer_config: TrainerConfig) -> torch.device:
    """Where trained rankers score: a GPU where they are trained on one."""
    wants_gpu = trainer_config.accelerator in ("gpu", "cuda", "auto")
    return torch.device("cuda" if wants_gpu and torch.cuda.is_available() else "cpu")
