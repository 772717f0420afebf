"""`rankdistill compare`: teacher, student and distilled student over seeds, in one table."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from hydra.conf import HydraConf
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from rankdistill.config.command_line import search_path_of
from rankdistill.config.compare import CompareConfig
from rankdistill.config.doubtful_choice import doubtful_choice
from rankdistill.config.without_effect import warn_of_settings_without_effect
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.evaluation.comparison import RunRecord, build_comparison
from rankdistill.evaluation.gap import TOO_FEW_USERS
from rankdistill.evaluation.significance import FEWEST_USERS
from rankdistill.evaluation.verdict import judge
from rankdistill.files import remove_left_overs, write_json_atomically, write_text_atomically
from rankdistill.modules.distilled_student import DistilledStudent
from rankdistill.rank_files.rank_file import RANK_FILE
from rankdistill.reporting.figures import comparison_figure
from rankdistill.reporting.markdown import comparison_page, comparison_table
from rankdistill.reporting.verdict_text import verdict_text
from rankdistill.runs.chosen_method import with_chosen_method
from rankdistill.runs.fallback import data_or_fallback
from rankdistill.runs.models_to_train import ModelsToTrain
from rankdistill.runs.preparing import rehearsed_model
from rankdistill.runs.quiet import quiet_lightning
from rankdistill.runs.refit import (
    REFIT,
    refit_chosen,
    refuse_what_cannot_be_refitted,
    remove_earlier_refit,
)
from rankdistill.runs.run_fields import note_of_left_out
from rankdistill.runs.seeding import with_seed
from rankdistill.runs.stacked_seeds import fit_seeds
from rankdistill.runs.three_models import models_of_seeds, run_three_models
from rankdistill.serving.one_user_time import AskingUser, seconds_for_one_user
from rankdistill.tuning.experiment import COMPARED
from rankdistill.tuning.experiment_files import find_experiment, module_of

_ASKED = 100
"""Users, about, for whom each file is timed."""


def run(cfg: CompareConfig) -> float | None:
    """Run the comparison into Hydra's run folder.

    Returns:
        The distilled student's mean validation metric, for sweepers that optimise.
    """
    quiet_lightning()
    hydra = HydraConfig.get()
    warn_of_settings_without_effect(cfg, hydra.overrides.task)
    if (doubt := doubtful_choice(cfg)) is not None:
        print(f"Note: {doubt}")
    folder = Path(hydra.runtime.output_dir)
    is_sweep = hydra.mode is RunMode.MULTIRUN
    if cfg.refit:
        refuse_what_cannot_be_refitted(cfg, is_sweep=is_sweep)
    remove_left_overs(folder)
    remove_earlier_refit(folder)
    _refuse_an_experiment_of_another_model(hydra)
    cfg, datamodule = data_or_fallback(cfg)
    cfg = with_chosen_method(cfg, datamodule.split.train)
    if not isinstance(rehearsed_model(cfg, datamodule), DistilledStudent):
        raise ValueError("compare trains all three models: leave out module=... or use train.")
    _tell_of_too_few_users(datamodule)
    records: list[RunRecord] = []
    fits = fit_seeds(cfg, datamodule)
    models = ModelsToTrain(models_of_seeds(cfg.seeds), cfg.trainer)
    for seed in cfg.seeds:
        records += run_three_models(
            cfg, seed, datamodule, folder, models, draws_rows=not is_sweep, fits=fits
        )
    comparison = build_comparison(_with_time_of_one_user(records, datamodule, folder))
    judgement = judge(comparison, cfg.evaluation.monitor)
    shipped = Path(judgement["model"], f"seed-{judgement['seed']}", RANK_FILE)
    if cfg.refit:
        comparison["refit"] = _refit(cfg, judgement, comparison, datamodule, folder)
        shipped, judgement = Path(REFIT, RANK_FILE), {**judgement, "refit": True}
    options = _about_the_data(hydra.overrides.task)
    text = verdict_text(judgement, str(shipped), options)
    comparison["monitor"] = cfg.evaluation.monitor
    comparison["verdict"] = {"text": text, "file": str(shipped), **judgement}
    write_text_atomically(folder / "comparison.md", comparison_page(comparison))
    comparison_figure(comparison, folder / "comparison.png")
    write_json_atomically(folder / "comparison.json", comparison)
    print(f"\n{comparison_table(comparison)}\n")
    print(f"Table, picture and runs are in {folder}")
    print(f"Curves: tensorboard --logdir {folder}")
    print(f"\n{verdict_text(judgement, str(folder / shipped), options)}")
    runs = comparison["models"][judgement["model"]]["runs"]
    chosen = next(run for run in runs if run["seed"] == judgement["seed"])
    if (note := note_of_left_out(chosen)) is not None:
        print(note)
    distilled = comparison["models"]["distilled_student"]["mean"]["metrics"]
    return distilled.get(cfg.evaluation.monitor)


def _with_time_of_one_user(
    records: Sequence[RunRecord], datamodule: InteractionsDataModule, folder: Path
) -> list[RunRecord]:
    """Add how long the file of each model takes for the list of one user."""
    train = datamodule.split.train
    counts = train.counts.cpu().numpy()
    items = np.split(train.item_ids.cpu().numpy(), np.cumsum(counts)[:-1])
    rows = np.flatnonzero(counts)
    users = [AskingUser(row, items[row]) for row in rows[:: max(1, len(rows) // _ASKED)].tolist()]
    return [
        replace(record, fields={**record.fields, "one_user_seconds": seconds})
        for record in records
        for file in [folder / record.model / f"seed-{record.seed}" / RANK_FILE]
        for seconds in [seconds_for_one_user(file, users)]
    ]


def _refit(
    cfg: CompareConfig,
    judgement: Mapping[str, Any],
    comparison: Mapping[str, Any],
    datamodule: InteractionsDataModule,
    folder: Path,
) -> dict[str, Any]:
    """Fit the model that the verdict ships on all data."""
    model, seed = judgement["model"], judgement["seed"]
    runs = comparison["models"][model]["runs"]
    (epochs,) = (run["best_epoch"] for run in runs if run["seed"] == seed)
    chosen = with_seed(cfg, seed)
    return refit_chosen(chosen, datamodule, epochs, folder, plain=model == "student")


def _refuse_an_experiment_of_another_model(hydra: HydraConf) -> None:
    """Refuse settings of a teacher, say, which would be taken for those of the students."""
    name = hydra.runtime.choices.get("experiment")
    path = None if name is None else find_experiment(str(name), search_path_of(hydra))
    module = None if path is None else module_of(path)
    if module is not None and module not in COMPARED:
        raise ValueError(
            f"experiment={name} is of module={module}, and compare trains two students: run it "
            f"with rankdistill train experiment={name}."
        )


def _tell_of_too_few_users(datamodule: InteractionsDataModule) -> None:
    """Say before anything is trained that there will be no tests and intervals."""
    if int(datamodule.measured(datamodule.split.test).sum()) < FEWEST_USERS:
        print(
            f"{datamodule.name}: {TOO_FEW_USERS}, so the table will have none; hold out items of "
            "more users to have them.",
            file=sys.stderr,
            flush=True,
        )


def _about_the_data(overrides: Sequence[str]) -> list[str]:
    """List what was typed about the data and the split, quoted for a shell."""
    typed = re.compile(r"\+*(data|split|seed\.split)[.=]")
    return [shlex.quote(override) for override in overrides if typed.match(override)]
