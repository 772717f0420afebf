"""`rankdistill train`: fit and test one model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from rankdistill.config.doubtful_choice import doubtful_choice
from rankdistill.config.train import TrainConfig
from rankdistill.config.without_effect import warn_of_settings_without_effect
from rankdistill.modules.distilled_student import DistilledStudent
from rankdistill.rank_files.rank_file import RANK_FILE
from rankdistill.runs.chosen_method import with_chosen_method
from rankdistill.runs.fit import METRICS, fit_and_test
from rankdistill.runs.models import make_datamodule
from rankdistill.runs.preparing import prepared_model
from rankdistill.runs.projector import write_projector
from rankdistill.runs.quiet import quiet_lightning
from rankdistill.runs.references import write_references
from rankdistill.runs.refit import (
    NEVER_TESTED,
    REFIT,
    refit_chosen,
    refuse_what_cannot_be_refitted,
    remove_earlier_refit,
)
from rankdistill.runs.run_entry import log_run
from rankdistill.runs.run_fields import note_of_left_out
from rankdistill.runs.stacked_fits import MadeJob


def run(cfg: TrainConfig, made: MadeJob | None = None) -> float:
    """Fit and test the module in Hydra's run folder.

    Args:
        cfg: The settings.
        made: What a sweep has made of these settings; None: all is made here.

    Returns:
        The monitored validation metric of the best epoch, for sweepers that optimise.
    """
    hydra = HydraConfig.get()
    is_sweep = hydra.mode is RunMode.MULTIRUN
    quiet_lightning()
    if cfg.refit:
        refuse_what_cannot_be_refitted(cfg, is_sweep=is_sweep)
    if cfg.resume:
        _refuse_what_cannot_be_resumed(cfg, hydra.overrides.hydra, is_sweep=is_sweep)
    if not is_sweep:  # in a grid some settings have no effect beside others
        warn_of_settings_without_effect(cfg, hydra.overrides.task)
        if (doubt := doubtful_choice(cfg)) is not None:
            print(f"Note: {doubt}")
    datamodule = make_datamodule(cfg) if made is None else made.datamodule
    cfg = with_chosen_method(cfg, datamodule.split.train)
    module = prepared_model(cfg, datamodule) if made is None else made.module
    monitor = cfg.evaluation.monitor
    folder = Path(hydra.runtime.output_dir)
    title = module.role.replace("_", " ")
    if cfg.resume and (folder / METRICS).is_file():
        print(f"{title}: the run in {folder} has ended; resume=false begins it anew.")
        return json.loads((folder / METRICS).read_text("utf-8"))["metrics"][monitor]
    remove_earlier_refit(folder)
    result = fit_and_test(
        module,
        datamodule,
        cfg.trainer,
        monitor,
        cfg.seed,
        folder,
        title,
        cfg.storage.bits,
        seen=not is_sweep,
        resume=cfg.resume,
        stacked=None if made is None else made.fit,
    )
    if is_sweep and isinstance(module, DistilledStudent):
        write_references(folder, cfg, datamodule, student=cfg.plain_student)
    metrics = result.fields["metrics"]
    tested = monitor.replace("val/", "test/")
    if module.global_rank == 0 and not is_sweep:
        log_run(folder, module.hparams, result.fields)
        if cfg.projector:
            write_projector(folder, module.backbone, datamodule.split.train)
        print(f"{title}: {tested} {metrics[tested]:.4f}; results in {folder}")
        for sentence in result.fields["data"].get("protocol", ()):
            print(f"Note: {sentence}")
        if (note := note_of_left_out(result.fields)) is not None:
            print(note)
    if cfg.refit:
        refit_chosen(cfg, datamodule, result.fields["best_epoch"], folder)
        print(f"To ship: {folder / REFIT / RANK_FILE}, {NEVER_TESTED}")
    return metrics[monitor]


def _refuse_what_cannot_be_resumed(
    cfg: TrainConfig, hydra_overrides: Sequence[str], is_sweep: bool
) -> None:
    """Raise a ValueError, with what to type, unless one run of a named folder can go on."""
    if is_sweep:
        raise ValueError("A sweep goes on without resume=true: leave it out.")
    if cfg.distillation is not None:
        raise ValueError(
            "resume=true goes on with a model that is trained without a teacher: type "
            "module=student, or leave resume out."
        )
    if not any(word.startswith("hydra.run.dir=") for word in hydra_overrides):
        raise ValueError(
            "resume=true goes on in a folder that is named: type hydra.run.dir=outputs/NAME too."
        )
