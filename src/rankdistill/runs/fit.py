"""Fit a module, test its best epoch, and write the run's folder."""

from __future__ import annotations

import inspect
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import TensorBoardLogger

from rankdistill.config.evaluation import Evaluation
from rankdistill.config.seeds import ModelSeeds
from rankdistill.config.trainer import TrainerConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.files import replacing, write_json_atomically
from rankdistill.modules.frozen_teacher import FrozenTeacher
from rankdistill.modules.ranker import Ranker
from rankdistill.rank_files.rank_file import RANK_FILE
from rankdistill.rank_files.tables import EXACT_BITS
from rankdistill.runs.checkpoints import CHECKPOINT, read_checkpoint, served_weights
from rankdistill.runs.hyperparameters import BEGUN, EVENTS
from rankdistill.runs.per_user import PER_USER, write_per_user
from rankdistill.runs.projector import PROJECTOR
from rankdistill.runs.resuming import STOPPED, KeepsDraws, keeping_last_epoch, stopped_run
from rankdistill.runs.run_fields import describe_data, describe_model, versions
from rankdistill.runs.shipped_run import ship
from rankdistill.runs.shipping import ShippedForm, restored_weights, stored_tables
from rankdistill.runs.stacked_fits import StackedFit, adopt
from rankdistill.runs.trainer import make_trainer

METRICS = "metrics.json"
REFERENCES = "references.json"
"""A job's file with the results of its teacher and of the plain student."""


@dataclass(frozen=True)
class RunResult:
    """What a run measured.

    Attributes:
        fields: The content of metrics.json.
        per_user: Metric key to (num_users,) test values, and ``user_ids`` beside them, ascending.
    """

    fields: dict[str, Any]
    per_user: dict[str, np.ndarray]


def fit_and_test(
    module: Ranker,
    datamodule: InteractionsDataModule,
    trainer_config: TrainerConfig,
    monitor: str,
    seed: ModelSeeds,
    folder: Path,
    title: str,
    storage_bits: int = EXACT_BITS,
    seen: bool = False,
    resume: bool = False,
    stacked: StackedFit | None = None,
    callbacks: Sequence[pl.Callback] = (),
) -> RunResult:
    """Fit with early stopping, test the best epoch, and write the run's folder.

    Args:
        module: What to fit.
        datamodule: Its data, set up.
        trainer_config: Devices, and how long to train.
        monitor: The validation metric that selects the best epoch.
        seed: The run's seeds, recorded.
        folder: Where model.ckpt, model.rank, per_user.npz, metrics.json (last) and the curves go;
            an earlier run's files there are replaced.
        title: Name for the progress bar.
        storage_bits: Bits of a weight in model.rank; everything is measured with these weights.
        seen: Whether model.rank holds what every user has.
        resume: Whether to go on with a run that was stopped in the folder, and to keep what it
            takes to go on with this one.
        stacked: How the model was trained beside others; None: it is trained here.
        callbacks: Further ones of its training.

    Returns:
        The result; complete in the first process, metrics alone in the others.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stopped = stopped_run(folder, module) if resume else None
    keeping = keeping_last_epoch(folder) if resume else []
    if stacked is not None:
        trainer_config = replace(trainer_config, progress=False)
    added = [*keeping, *callbacks]
    trainer = make_trainer(trainer_config, monitor, folder, title, module.decay_epochs, added)
    if trainer.is_global_zero and stopped is None:
        remove_earlier_run(folder)
    if stacked is None:
        fit_seconds = fit(trainer, module, datamodule, stopped)
        fit_seconds += sum(part.seconds for part in keeping if isinstance(part, KeepsDraws))
        epochs = trainer.current_epoch
    else:
        adopt(stacked, module, trainer, folder)
        fit_seconds, epochs = stacked.seconds, len(stacked.curves)
    # Under torchrun or srun the folder is named by the clock, and differs between processes.
    folder = Path(trainer.strategy.broadcast(str(folder)))
    trainer.strategy.barrier()
    path = folder / CHECKPOINT
    form = ShippedForm(storage_bits, seen)
    return _measure(trainer, module, datamodule, path, asdict(seed), fit_seconds, form, epochs)


def fit(
    trainer: pl.Trainer,
    module: pl.LightningModule,
    datamodule: pl.LightningDataModule,
    stopped: Path | None = None,
) -> float:
    """Fit and validate without the test items; return the seconds that it took.

    Args:
        trainer: Lightning's.
        module: What to fit.
        datamodule: Its data.
        stopped: The file from which an earlier run goes on; None: from the start.
    """
    start = time.perf_counter()
    with interruptible():
        trainer.fit(module, datamodule=datamodule, ckpt_path=stopped, weights_only=True)
    return time.perf_counter() - start


def test_checkpoint(
    checkpoint: Path,
    datamodule: InteractionsDataModule,
    trainer_config: TrainerConfig,
    evaluation: Evaluation,
    folder: Path,
    storage_bits: int,
) -> RunResult:
    """Measure a model that was trained elsewhere, as if it had been trained here.

    Args:
        checkpoint: Its model.ckpt, known to fit the data and the split.
        datamodule: The data, set up.
        trainer_config: Devices, and how long to train.
        evaluation: What is measured.
        folder: Where a copy of the checkpoint and the results go.
        storage_bits: Bits of a weight in model.rank; the model is measured with these weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / CHECKPOINT) as temporary:
        shutil.copyfile(checkpoint, temporary)
    known = inspect.signature(Ranker).parameters
    hyper = read_checkpoint(checkpoint)["hyper_parameters"]
    kept = {key: value for key, value in hyper.items() if key in known}
    module = FrozenTeacher(**{**kept, "metrics": evaluation.metrics, "top_k": evaluation.top_k})
    trainer = make_trainer(trainer_config, evaluation.monitor, folder, "teacher")
    seed = {"sampling": module.seed}
    form = ShippedForm(storage_bits, seen=False)
    return _measure(trainer, module, datamodule, folder / CHECKPOINT, seed, None, form)


def _measure(
    trainer: pl.Trainer,
    module: Ranker,
    datamodule: InteractionsDataModule,
    path: Path,
    seed: dict[str, int],
    fit_seconds: float | None,
    form: ShippedForm,
    epochs: int = 0,
) -> RunResult:
    """Store the weights of the checkpoint at ``path``, measure them, write metrics.json last."""
    folder, backbone = path.parent, module.backbone
    checkpoint = read_checkpoint(path)
    weights, served = served_weights(checkpoint), backbone.served()
    tables = stored_tables(weights, served, form.bits, backbone.ranks_nothing)
    backbone.load_state_dict(restored_weights(tables, weights, served))
    with interruptible():
        trainer.validate(module, datamodule=datamodule, verbose=False)
        validated = dict(trainer.callback_metrics)
        trainer.test(module, datamodule=datamodule, verbose=False)
    measured = {**validated, **trainer.callback_metrics}
    metrics = {key: float(value) for key, value in measured.items() if "@" in key}
    per_user = _gather_per_user(module)
    if trainer.is_global_zero:
        write_per_user(folder, per_user)
        ship(folder, tables, served, form, datamodule, metrics)
    trainer.strategy.barrier()
    fields = {
        "status": "ok",
        **describe_model(module, folder, tables, served, form.bits),
        "best_epoch": checkpoint["epoch"] + 1,
        "epochs": epochs or None,
        "fit_seconds": fit_seconds,
        "seed": seed,
        "metrics": metrics,
        **_of_known_users(per_user, datamodule),
        "data": describe_data(datamodule),
        "versions": versions(),
    }
    if trainer.is_global_zero:
        assert isinstance(trainer.logger, TensorBoardLogger)
        trainer.logger.finalize(
            "success"
        )  # no curve is drawn after this, so the folder may be moved
        write_json_atomically(folder / METRICS, fields)
        (folder / STOPPED).unlink(missing_ok=True)
    return RunResult(fields, per_user)


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt to the caller where Lightning would end the program silently."""
    try:
        yield
    except SystemExit as end:
        if isinstance(end.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from end
        raise


def remove_earlier_run(folder: Path) -> None:
    """Remove an earlier run's files, so that a killed run leaves no old result behind."""
    for name in (METRICS, CHECKPOINT, STOPPED, RANK_FILE, PER_USER, PROJECTOR, REFERENCES):
        (folder / name).unlink(missing_ok=True)
    for pattern in (EVENTS, ".*.tmp.*"):  # curves, and unfinished files
        for left_over in folder.glob(pattern):
            if not left_over.name.endswith(BEGUN):  # the sweep announced this run with it
                left_over.unlink()


def _of_known_users(
    per_user: dict[str, np.ndarray], datamodule: InteractionsDataModule
) -> dict[str, dict[str, float]]:
    """Test metrics over the users that training knows; nothing where these are all that count."""
    if datamodule.evaluated_users == "known" or datamodule.unseen["test"].unseen_users == 0:
        return {}
    known = datamodule.split.told.counts.numpy()[per_user["user_ids"]] > 0
    means = {
        f"test/{key}": float(values[known].mean())
        for key, values in per_user.items()
        if key != "user_ids"
    }
    return {"metrics_of_known_users": means}


def _gather_per_user(module: Ranker) -> dict[str, np.ndarray]:
    """Gather the users of all processes, in ascending order of user id."""
    own = {
        key: torch.cat([block[key] for block in module.per_user]).cpu().numpy()
        for key in (module.per_user[0] if module.per_user else ())
    }
    shares: list[dict[str, np.ndarray]] = [own]
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        shares = [{} for _ in range(torch.distributed.get_world_size())]
        torch.distributed.all_gather_object(shares, own)
    shares = [share for share in shares if share]
    order = np.argsort(np.concatenate([share["user_ids"] for share in shares]))
    return {key: np.concatenate([share[key] for share in shares])[order] for key in shares[0]}
