"""`rankdistill compare`: teacher, student and distilled student over seeds, in one table."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from rankdistill.backbones.interface import Backbone
from rankdistill.building import Component, did_you_mean
from rankdistill.conf_path import conf_dir
from rankdistill.config.compare import CompareConfig
from rankdistill.config.reading import read_config
from rankdistill.config.without_effect import warn_of_settings_without_effect
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.evaluation.comparison import MODELS, RunRecord, build_comparison
from rankdistill.files import remove_left_overs, write_json_atomically, write_text_atomically
from rankdistill.modules.distilled_student import DistilledStudent
from rankdistill.modules.ranker import Ranker
from rankdistill.reporting.figures import comparison_figure
from rankdistill.reporting.markdown import comparison_table
from rankdistill.runs.checkpoints import CHECKPOINT, load_backbone, read_checkpoint
from rankdistill.runs.fit import RunResult, fit_and_test, test_checkpoint
from rankdistill.runs.models import make_datamodule, make_model, make_student
from rankdistill.runs.preparing import rehearsed_model
from rankdistill.runs.quiet import quiet_lightning
from rankdistill.runs.run_entry import log_run
from rankdistill.runs.seeding import with_seed
from rankdistill.runs.serving_time import seconds_to_rank_all
from rankdistill.runs.teacher_store import StoredTeacher, obtain_teacher


def run(config: DictConfig) -> float | None:
    """Run the comparison into Hydra's run folder.

    Returns:
        The distilled student's mean validation metric, for sweepers that optimise.
    """
    cfg = read_config(config, CompareConfig)
    quiet_lightning()
    hydra = HydraConfig.get()
    warn_of_settings_without_effect(cfg, hydra.overrides.task)
    folder = Path(hydra.runtime.output_dir)
    remove_left_overs(folder)
    cfg, datamodule = _with_data(cfg)
    if not isinstance(rehearsed_model(cfg, datamodule), DistilledStudent):
        raise ValueError("compare trains all three models: leave out module=... or use train.")
    records: list[RunRecord] = []
    for seed in cfg.seeds:
        records += _run_seed(with_seed(cfg, seed), seed, datamodule, folder)
    comparison = build_comparison(records)
    table = comparison_table(comparison)
    write_text_atomically(folder / "comparison.md", table)
    comparison_figure(comparison, folder / "comparison.png")
    write_json_atomically(folder / "comparison.json", comparison)
    print(f"\n{table}\n")
    print(f"Table, picture and runs are in {folder}")
    print(f"Curves: tensorboard --logdir {folder}")
    distilled = comparison["models"]["distilled_student"]["mean"]["metrics"]
    return distilled.get(cfg.evaluation.monitor)


def _run_seed(
    cfg: CompareConfig, seed: int, datamodule: InteractionsDataModule, folder: Path
) -> list[RunRecord]:
    folders = {model: folder / model / f"seed-{seed}" for model in MODELS}
    teacher = obtain_teacher(cfg, datamodule, f"teacher, seed {seed}")
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
            f"{model.replace('_', ' ')}, seed {seed}",
            cfg.storage.bits,
        )
    backbones: list[Backbone] = []
    for model in MODELS:
        path = folders[model] / CHECKPOINT
        checkpoint = read_checkpoint(path)
        backbones.append(load_backbone(checkpoint, path, cfg.allow_targets))
        if HydraConfig.get().mode is not RunMode.MULTIRUN:  # the sweep writes its own rows
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
        return test_checkpoint(given, datamodule, cfg.trainer, cfg.evaluation, folder)
    shutil.copytree(teacher.folder, folder, dirs_exist_ok=True)
    return teacher.result


def _with_data(cfg: CompareConfig) -> tuple[CompareConfig, InteractionsDataModule]:
    """Load the data, or the fallback that was asked for; a banner says so."""
    try:
        return cfg, make_datamodule(cfg)
    except FileNotFoundError as error:
        if cfg.fallback is None:
            raise
        options = sorted(path.stem for path in (conf_dir() / "data").glob("*.yaml"))
        if cfg.fallback not in options:
            raise ValueError(
                f"fallback is {cfg.fallback!r}{did_you_mean(cfg.fallback, options)}"
            ) from error
        rule = "!" * 78
        print(
            f"\n{rule}\n!! NOT THE REAL DATA. {error}\n"
            f"!! This run goes on with data={cfg.fallback}; "
            f"its figures say nothing about MovieLens.\n{rule}\n",
            file=sys.stderr,
            flush=True,
        )
        node = OmegaConf.to_container(OmegaConf.load(conf_dir() / "data" / f"{cfg.fallback}.yaml"))
        assert isinstance(node, dict)
        cfg = replace(cfg, data=Component.of({str(key): value for key, value in node.items()}))
        return cfg, make_datamodule(cfg)
