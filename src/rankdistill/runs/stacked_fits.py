"""What a stack reaches for each of its models, and what becomes of it in a run's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import pytorch_lightning as pl
from pytorch_lightning.loggers import Logger, TensorBoardLogger
from torch import Tensor

from rankdistill.config.train import TrainConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.modules.ranker import Ranker
from rankdistill.runs.checkpoint_content import BACKBONE
from rankdistill.runs.checkpoints import CHECKPOINT, AtomicCheckpointIO
from rankdistill.stacks.job_progress import JobProgress


@dataclass(frozen=True)
class StackedFit:
    """How a job of a stack was trained.

    Attributes:
        weights: Of the epoch that was kept, by name; none where the job failed.
        best_epoch: From 0.
        curves: Losses and validation metrics of every epoch, by the name of the curve.
        seconds: Its share of the time that the stack took.
        steps_in_epoch: Steps of the optimiser in an epoch.
        error: Why it failed; None where it did not.
    """

    weights: dict[str, Tensor]
    best_epoch: int
    curves: list[dict[str, float]]
    seconds: float
    steps_in_epoch: int
    error: str | None = None

    @classmethod
    def of(cls, progress: JobProgress, steps_in_epoch: int) -> StackedFit:
        """Take what a stack reached for one of its jobs to the memory of the host."""
        return cls(
            in_host_memory(progress.weights),
            progress.best_epoch,
            progress.curves,
            progress.seconds,
            steps_in_epoch,
            None if progress.error is None else str(progress.error),
        )


class MadeJob(NamedTuple):
    """A job of a sweep that is trained and has to be measured.

    Attributes:
        settings: The job's.
        datamodule: Its data, set up.
        module: The model that the settings name.
        fit: How a stack trained it.
    """

    settings: TrainConfig
    datamodule: InteractionsDataModule
    module: Ranker
    fit: StackedFit


def adopt(fit: StackedFit, module: Ranker, trainer: pl.Trainer, folder: Path) -> None:
    """Write the checkpoint and the curves that training alone would have left.

    Args:
        fit: What a stack reached.
        module: The model, as it would be trained alone.
        trainer: Its trainer, which has not trained.
        folder: The run's folder.

    Raises:
        FloatingPointError: If the job failed.
    """
    _draw(fit, trainer.logger)
    if fit.error is not None and trainer.logger is not None:
        trainer.logger.finalize("failed")
    refuse_failed(fit)
    write_checkpoint(fit, module, folder, f"{BACKBONE}.")


def write_checkpoint(
    fit: StackedFit, module: pl.LightningModule, folder: Path, prefix: str = ""
) -> None:
    """Write the checkpoint of the epoch that was kept.

    Args:
        fit: What a stack reached.
        module: The model, as it would be trained alone.
        folder: The run's folder.
        prefix: What comes before the names of the weights in the module.
    """
    checkpoint: dict[str, Any] = {
        "epoch": fit.best_epoch,
        "global_step": fit.steps_in_epoch * (fit.best_epoch + 1),
        "pytorch-lightning_version": version("pytorch-lightning"),
        "state_dict": {f"{prefix}{name}": tensor for name, tensor in fit.weights.items()},
        "hparams_name": "kwargs",
        "hyper_parameters": dict(module.hparams),
    }
    AtomicCheckpointIO().save_checkpoint(checkpoint, folder / CHECKPOINT)


def in_host_memory(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copy tensors to the memory of the host."""
    return {name: tensor.detach().cpu() for name, tensor in weights.items()}


def draw_fit(folder: Path, fit: StackedFit, settings: Mapping[str, Any] | None = None) -> None:
    """Write the curves of a fit for TensorBoard.

    Args:
        folder: The run's folder.
        fit: What a stack reached.
        settings: The model's, which stand beside the curves; None: they are written elsewhere.
    """
    logger = TensorBoardLogger(folder, name="", version="", default_hp_metric=False)
    logger.log_hyperparams(dict(settings or {}))
    _draw(fit, logger)
    logger.finalize("success")


def refuse_failed(fit: StackedFit) -> None:
    """Raise the FloatingPointError of a job that failed."""
    if fit.error is not None:
        raise FloatingPointError(fit.error)


def _draw(fit: StackedFit, logger: Logger | None) -> None:
    if logger is not None:
        for epoch, values in enumerate(fit.curves):
            logger.log_metrics(values, step=epoch + 1)
