"""One row of a panel: tuned on validation with the panel's budget, then fitted over the seeds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.quality.grid import BEST_D8, PLAIN, TEACHER, WARM, Cell
from benchmarks.quality.recorded import recorded_settings

from rankdistill.config.command_line import keys_of
from rankdistill.config.model import ModelConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.files import write_json_atomically
from rankdistill.rank_files.tables import EXACT_BITS
from rankdistill.runs.fit import METRICS, fit_and_test
from rankdistill.runs.models import make_datamodule, make_model
from rankdistill.runs.per_user import PER_USER
from rankdistill.runs.stack_trainer import StackBounds, StackedJob, fit_side_by_side
from rankdistill.runs.teacher_store import obtain_teacher
from rankdistill.tuning.present import begin_with, present_values
from rankdistill.tuning.quiet import quiet
from rankdistill.tuning.recipe import Recipe, seeded
from rankdistill.tuning.space import as_override, read_space
from rankdistill.tuning.study import best_trial, opened, try_again
from rankdistill.tuning.trial import DRAWN, FIT_SECONDS
from rankdistill.tuning.worker import StudyPlan, work

OUTPUTS = Path("outputs/quality")
RECORD = "record.json"
STUDENTS_OWN = ("training.batch_size", "backbone.init_std")
"""What a distilled student takes over from the tuned plain one, so that the budget goes further."""
BEGINS_WITH = ("training.learning_rate", "training.weight_decay", "training.decay_epochs")
"""Where its search begins; these are searched again."""
AROUND = {"training.learning_rate": (0.2, 5.0), "training.weight_decay": (0.1, 3.0)}
"""How far from the plain student's: what trains a model of this size badly is not tried again."""
STACKS = StackBounds(memory_gib=4.0, at_once=None)
"""How large the stack of the seeds may be."""
SEARCH = ("tuning.startup_trials=5",)
"""Of a dozen trials Optuna's ten at random would leave two that learn from the others."""


def run_cell(cell: Cell, seeds: list[int], threads: int, search: bool = True) -> None:
    """Tune and fit what is missing of a cell; its record is written last.

    Args:
        cell: What to run.
        seeds: One fit each.
        threads: Of every fit.
        search: Whether to search anew where quality.json has what an earlier search found.
    """
    folder = OUTPUTS / cell.name
    if (folder / RECORD).is_file():
        return
    quiet()
    settings = _chosen(cell, folder, threads, search)
    recipe = Recipe("tune", (), tuple(settings["overrides"]))
    datamodule = make_datamodule(recipe.settings())
    of_seeds = {}
    for seed in seeds:
        cfg = seeded(recipe.settings(settings["drawn_overrides"]), seed)
        of_seeds[seed] = replace(cfg, trainer=replace(cfg.trainer, progress=False, threads=threads))
    fields = _of_teachers if cell.method == TEACHER else _of_students
    runs = fields(cell, of_seeds, datamodule, folder)
    kept = [{**runs[seed], "seed": seed} for seed in seeds]
    write_json_atomically(folder / RECORD, {**settings, "runs": kept})


def _chosen(cell: Cell, folder: Path, threads: int, search: bool) -> dict[str, Any]:
    """The settings of a cell and what it took to find them."""
    nothing_to_tune = {"drawn": {}, "drawn_overrides": [], "validation": None, "trials": 0}
    if cell.method == TEACHER:
        return {**nothing_to_tune, "overrides": _fixed(cell)}
    if cell.method == BEST_D8:
        kept = ("drawn", "drawn_overrides", "validation", "trials", "tuning_seconds")
        base = record(Cell(cell.panel, WARM))
        return {key: base[key] for key in kept} | {
            "overrides": [*base["overrides"], "storage=int6"]
        }
    overrides = _fixed(cell)
    found = None if search else recorded_settings(cell, overrides, BEGINS_WITH)
    return _settings(cell, overrides, **(found or _tuned(cell, overrides, folder, threads)))


def _settings(cell: Cell, overrides: list[str], **found: Any) -> dict[str, Any]:
    drawn = [as_override(key, value) for key, value in found["drawn"].items()]
    return {
        "overrides": overrides,
        **found,
        "drawn_overrides": drawn,
        "trials": cell.panel.trials,
    }


def _of_teachers(
    cell: Cell,
    of_seeds: Mapping[int, ModelConfig],
    datamodule: InteractionsDataModule,
    folder: Path,
) -> dict[int, dict[str, Any]]:
    """What the teacher of each seed measured, trained now unless it is stored."""
    fields = {}
    for seed, cfg in of_seeds.items():
        stored = obtain_teacher(cfg, datamodule, "teacher")
        own = folder / f"seed-{seed}"
        own.mkdir(parents=True, exist_ok=True)
        shutil.copy(stored.folder / PER_USER, own / PER_USER)
        assert stored.result is not None
        fields[seed] = stored.result.fields
    return fields


def _of_students(
    cell: Cell,
    of_seeds: Mapping[int, ModelConfig],
    datamodule: InteractionsDataModule,
    folder: Path,
) -> dict[int, dict[str, Any]]:
    """What the student of each seed measured; those that are missing are trained side by side."""
    is_plain = cell.method == PLAIN
    modules = {}
    for seed, cfg in of_seeds.items():
        if not (folder / f"seed-{seed}" / METRICS).is_file():
            teacher = None if is_plain else obtain_teacher(cfg, datamodule, "teacher").backbone
            modules[seed] = make_model(cfg, datamodule, teacher)
    jobs = [
        StackedJob(
            f"seed {seed}", module, of_seeds[seed].trainer, of_seeds[seed].evaluation.monitor
        )
        for seed, module in modules.items()
    ]
    fits = fit_side_by_side(jobs, datamodule, STACKS, cell.name, print)
    for (seed, module), fit in zip(modules.items(), fits, strict=True):
        cfg = of_seeds[seed]
        fit_and_test(
            module,
            datamodule,
            cfg.trainer,
            cfg.evaluation.monitor,
            cfg.seed,
            folder / f"seed-{seed}",
            cell.name,
            storage_bits=EXACT_BITS if is_plain else cfg.storage.bits,
            stacked=fit,
        )
    return {seed: json.loads((folder / f"seed-{seed}" / METRICS).read_text()) for seed in of_seeds}


def record(cell: Cell) -> dict[str, Any]:
    """The record of a finished cell."""
    return json.loads((OUTPUTS / cell.name / RECORD).read_text())


def per_user(cell: Cell, seeds: list[int]) -> dict[str, np.ndarray]:
    """(num_users,) test values of a finished cell by metric, each the mean over the seeds."""
    arrays = [np.load(OUTPUTS / cell.name / f"seed-{seed}" / PER_USER) for seed in seeds]
    return {key: np.mean([each[key] for each in arrays], axis=0) for key in arrays[0]}


def _fixed(cell: Cell) -> list[str]:
    panel = cell.panel
    student = ["study=quality", *panel.data, *panel.student]
    both = [*student, *panel.teacher]
    if cell.method == TEACHER:
        return [*both, "tuning=soft_targets"]
    if cell.method == PLAIN:
        return [*student, "tuning=student"]
    plain = record(Cell(panel, PLAIN))["drawn"]
    taken = [as_override(key, plain[key]) for key in STUDENTS_OWN if key in plain]
    return [*both, f"tuning={cell.method}", *taken]


def _beginning(cell: Cell) -> dict[str, Any]:
    """What the first trial learns with: a distilled student with the plain one's best."""
    if cell.method == PLAIN:
        return dict(cell.panel.begins)
    plain = record(Cell(cell.panel, PLAIN))["drawn"]
    return {key: plain[key] for key in BEGINS_WITH}


def _narrowed(cell: Cell, space: dict[Any, Any]) -> dict[Any, Any]:
    """The entries of a distilled student's space that lie around the plain student's best."""
    if cell.method == PLAIN:
        return {}
    plain = record(Cell(cell.panel, PLAIN))["drawn"]
    return {
        key: {**space[key], "low": plain[key] * below, "high": plain[key] * above}
        for key, (below, above) in AROUND.items()
    }


def _tuned(cell: Cell, overrides: list[str], folder: Path, threads: int) -> dict[str, Any]:
    """The best of the panel's number of trials, by the validation metric of one seed."""
    recipe = Recipe("tune", (), (*overrides, *SEARCH))
    tuning = recipe.settings().tuning
    typed = keys_of(overrides)
    free = {key: entry for key, entry in tuning.space.items() if key not in typed}
    free.update(_narrowed(cell, free))
    plan = StudyPlan(
        folder=folder,
        study=cell.name.replace("/", "--"),
        n_trials=cell.panel.trials,
        recipe=recipe,
        space=free,
        tuning=tuning,
        threads=threads,
    )
    folder.mkdir(parents=True, exist_ok=True)
    with opened(folder, plan.study) as study:
        try_again(study, folder, "the program ended", blame=False)
        begin_with(study, {**present_values(recipe, read_space(free)), **_beginning(cell)})
    work(plan, 0)
    with opened(folder, plan.study) as study:
        best = best_trial(study)
        assert best is not None, f"no trial of {cell.name} ended well"
        drawn = best.user_attrs[DRAWN]
        seconds = sum(t.user_attrs.get(FIT_SECONDS, 0.0) for t in study.get_trials(deepcopy=False))
    shutil.rmtree(folder / "trials", ignore_errors=True)
    return {"drawn": drawn, "validation": best.value, "tuning_seconds": round(seconds, 1)}
