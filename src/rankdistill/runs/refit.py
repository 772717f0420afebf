"""A last fit on all data, for shipping: as long as the best epoch, and never tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from rankdistill.backbones.interface import Backbone
from rankdistill.config.model import ModelConfig
from rankdistill.config.seeds import ModelSeeds
from rankdistill.config.teacher import TeacherConfig
from rankdistill.config.trainer import TrainerConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.files import write_json_atomically
from rankdistill.modules.distilled_student import DistilledStudent
from rankdistill.modules.ranker import Ranker
from rankdistill.rank_files.tables import EXACT_BITS
from rankdistill.runs.checkpoints import (
    CHECKPOINT,
    load_with_histories,
    read_checkpoint,
    served_weights,
)
from rankdistill.runs.fit import METRICS, fit, remove_earlier_run
from rankdistill.runs.made_once import made_once
from rankdistill.runs.models import make_model, make_student
from rankdistill.runs.run_fields import describe_data, describe_model, versions
from rankdistill.runs.shipped_run import ship
from rankdistill.runs.shipping import ShippedForm, stored_tables
from rankdistill.runs.teacher_store import (
    assembled_teacher,
    members_alone,
    obtain_teacher,
    teacher_hash,
)
from rankdistill.runs.trainer import make_blind_trainer
from rankdistill.runs.trajectory import earlier_networks, keepers

REFIT = "refit"
"""The folder beside the tested run."""

NO_SWEEP = (
    "refit=true fits the one model that was chosen: leave it out of a sweep, and give it with the "
    "settings of the best job, without -m."
)
NEVER_TESTED = "fitted on all data and never tested"


def remove_earlier_refit(folder: Path) -> None:
    """Remove the refit of an earlier run in a folder: it is of another model."""
    if (folder / REFIT).is_dir():
        remove_earlier_run(folder / REFIT)


def refuse_what_cannot_be_refitted(cfg: ModelConfig, *, is_sweep: bool) -> None:
    """Refuse, before anything is trained, what has no last fit.

    Raises:
        ValueError: With what to leave out.
    """
    if is_sweep:
        raise ValueError(NO_SWEEP)
    if cfg.trainer.is_distributed or cfg.trainer.num_nodes > 1:
        raise ValueError("refit=true fits on one device: leave out trainer=ddp.")
    if cfg.teacher is not None and _is_given(cfg.teacher):
        raise ValueError(
            "refit=true fits the teacher on all data too, which it cannot with a given checkpoint: "
            "leave out teacher.checkpoint."
        )


def refit_chosen(
    cfg: ModelConfig,
    datamodule: InteractionsDataModule,
    epochs: int,
    folder: Path,
    *,
    plain: bool = False,
) -> dict[str, Any]:
    """Fit the chosen model on all data into the folder ``REFIT``; its teacher, if any, likewise.

    Args:
        cfg: The configuration of the chosen model, its seeds included.
        datamodule: The data that it was tested on.
        epochs: Its best epoch.
        folder: Its run's folder.
        plain: Whether it is the plain student of a comparison.

    Returns:
        The content of the metrics.json.
    """
    everything = datamodule.joined()
    if plain:
        module = make_student(cfg, everything)
    else:
        module = make_model(cfg, everything, None)
        if isinstance(module, DistilledStudent):
            teacher = obtain_refitted_teacher(cfg, datamodule, everything)
            module = make_model(cfg, everything, teacher)
    title = f"{module.role.replace('_', ' ')}, all data"
    place, form = folder / REFIT, (cfg.storage.bits, True)
    return refit(module, everything, cfg.trainer, epochs, cfg.seed, place, title, *form)


def obtain_refitted_teacher(
    cfg: ModelConfig,
    datamodule: InteractionsDataModule,
    everything: InteractionsDataModule,
    title: str = "teacher",
) -> Backbone:
    """Fit the teacher on all data for as long as its best epoch, or find it in the store.

    Args:
        cfg: The configuration.
        datamodule: The data on which its best epoch was chosen.
        everything: All of these as training data.
        title: Name for the progress bar.
    """
    assert cfg.teacher is not None
    tested = obtain_teacher(cfg, datamodule, title).result
    assert tested is not None
    epochs = tested.fields["best_epoch"]
    members = {
        name: obtain_refitted_teacher(alone, datamodule, everything, f"{title}, {name}")
        for name, alone in members_alone(cfg).items()
    }
    seed, trainer = cfg.teacher.seed, replace(cfg.trainer, devices=1)

    def make(place: Path) -> None:
        module = assembled_teacher(cfg, everything, members, place)
        keeping = keepers(cfg)
        name = f"{title}, all data"
        refit(module, everything, trainer, epochs, seed, place, name, callbacks=keeping)
        for kept in keeping:
            kept.write(place, epochs - 1)

    folder = Path(cfg.teacher.store) / teacher_hash(cfg, everything, epochs)
    made_once(folder, METRICS, make)
    path = folder / CHECKPOINT
    train = everything.split.train
    backbone = load_with_histories(read_checkpoint(path), path, train, cfg.allow_targets)
    backbone.earlier = earlier_networks(cfg, backbone, path, members)
    return backbone


def refit(
    module: Ranker,
    everything: InteractionsDataModule,
    trainer_config: TrainerConfig,
    epochs: int,
    seed: ModelSeeds,
    folder: Path,
    title: str,
    storage_bits: int = EXACT_BITS,
    seen: bool = False,
    callbacks: Sequence[pl.Callback] = (),
) -> dict[str, Any]:
    """Fit a module for a number of epochs without a look at validation, and write its folder.

    Args:
        module: What to fit.
        everything: All data, as training data.
        trainer_config: Devices, and the planned end of training, towards which a learning rate
            decays.
        epochs: How long.
        seed: The run's seeds, recorded.
        folder: Where model.ckpt, model.rank, the curves and metrics.json (last) go.
        title: Name for the progress bar.
        storage_bits: Bits of a weight in model.rank.
        seen: Whether model.rank holds what every user has.
        callbacks: Further ones of its training.

    Returns:
        The content of metrics.json, which has no metrics.
    """
    folder.mkdir(parents=True, exist_ok=True)
    remove_earlier_run(folder)
    decay_epochs = module.decay_epochs
    trainer = make_blind_trainer(trainer_config, epochs, folder, title, decay_epochs, callbacks)
    fit_seconds = fit(trainer, module, everything)
    weights, backbone = served_weights(read_checkpoint(folder / CHECKPOINT)), module.backbone
    served, form = backbone.served(), ShippedForm(storage_bits, seen)
    tables = stored_tables(weights, served, storage_bits, backbone.ranks_nothing)
    ship(folder, tables, served, form, everything, {}, untested=True)
    fields = {
        "status": "ok",
        "refit": True,
        "note": f"This model was {NEVER_TESTED}.",
        **describe_model(module, folder, tables, served, storage_bits),
        "epochs": epochs,
        "fit_seconds": fit_seconds,
        "seed": asdict(seed),
        "metrics": {},
        "data": describe_data(everything),
        "versions": versions(),
    }
    write_json_atomically(folder / METRICS, fields)
    return fields


def _is_given(teacher: TeacherConfig) -> bool:
    members = (teacher.members or {}).values()
    return teacher.checkpoint is not None or any(_is_given(member) for member in members)
