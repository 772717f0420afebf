"""One seed of a comparison: teacher, student and distilled student, trained and measured."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from rankdistill.backbones.interface import Backbone
from rankdistill.config.compare import CompareConfig
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.evaluation.comparison import MODELS, RunRecord
from rankdistill.modules.ranker import Ranker
from rankdistill.rank_files.tables import EXACT_BITS
from rankdistill.runs.checkpoints import CHECKPOINT, load_with_histories, read_checkpoint
from rankdistill.runs.fit import RunResult, fit_and_test, test_checkpoint
from rankdistill.runs.models import make_model, make_student
from rankdistill.runs.models_to_train import ModelsToTrain, ToTrain
from rankdistill.runs.run_entry import log_run
from rankdistill.runs.seeding import with_seed
from rankdistill.runs.serving_time import seconds_to_rank_all
from rankdistill.runs.stacked_fits import StackedFit
from rankdistill.runs.stacked_seeds import ModelOfSeed
from rankdistill.runs.teacher_store import StoredTeacher, obtain_teacher


def models_of_seeds(seeds: Sequence[int]) -> list[ToTrain]:
    """List the models of a comparison in the order of their training."""
    return [
        ToTrain(model, f"{model.replace('_', ' ')}, seed {seed}")
        for seed in seeds
        for model in MODELS
    ]


def run_three_models(
    cfg: CompareConfig,
    seed: int,
    datamodule: InteractionsDataModule,
    folder: Path,
    models: ModelsToTrain,
    draws_rows: bool,
    fits: Mapping[ModelOfSeed, StackedFit],
) -> list[RunRecord]:
    """Obtain the teacher, fit both students, and time how long each model takes to rank.

    Args:
        cfg: The comparison's configuration.
        seed: Replaces the seeds of initialisation and sampling of all three.
        datamodule: The data, set up.
        folder: The comparison's folder; each run has one below it.
        models: Tells which of the models is trained; the next three are these.
        draws_rows: Whether to write each run's row of HParams; a sweep writes its own.
        fits: Of the models that were trained side by side.
    """
    cfg = with_seed(cfg, seed)
    folders = {model: folder / model / f"seed-{seed}" for model in MODELS}
    teacher = obtain_teacher(cfg, datamodule, models.next())
    results = {"teacher": _teacher_result(teacher, cfg, datamodule, folders["teacher"])}
    modules: dict[str, Ranker] = {
        "student": make_student(cfg, datamodule),
        "distilled_student": make_model(cfg, datamodule, teacher.backbone),
    }
    for model, module in modules.items():
        results[model] = fit_and_test(
            module,
            datamodule,
            cfg.trainer,
            cfg.evaluation.monitor,
            cfg.seed,
            folders[model],
            models.next(),
            cfg.storage.bits,
            seen=True,
            stacked=fits.get((model, seed)),
        )
    backbones: list[Backbone] = []
    for model in MODELS:
        path = folders[model] / CHECKPOINT
        checkpoint = read_checkpoint(path)
        train = datamodule.split.train
        backbones.append(load_with_histories(checkpoint, path, train, cfg.allow_targets))
        if draws_rows:
            log_run(folders[model], checkpoint["hyper_parameters"], results[model].fields)
    times = seconds_to_rank_all(backbones, datamodule, modules["student"].device)
    return [
        RunRecord(
            model,
            seed,
            {**results[model].fields, "rank_all_seconds": seconds},
            {key: v for key, v in results[model].per_user.items() if key != "user_ids"},
        )
        for model, seconds in zip(MODELS, times, strict=True)
    ]


def _teacher_result(
    teacher: StoredTeacher, cfg: CompareConfig, datamodule: InteractionsDataModule, folder: Path
) -> RunResult:
    """Copy the teacher's run beside the students', so that TensorBoard shows its curves too."""
    if teacher.result is None:
        given = teacher.checkpoint
        return test_checkpoint(given, datamodule, cfg.trainer, cfg.evaluation, folder, EXACT_BITS)
    shutil.copytree(teacher.folder, folder, dirs_exist_ok=True)
    return teacher.result
