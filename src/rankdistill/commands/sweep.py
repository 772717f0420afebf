"""What ``-m`` does: run the jobs of a grid that are missing, gather them, report them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf, open_dict

from rankdistill.building import Component
from rankdistill.config.allowances import refuse_untyped
from rankdistill.config.command_line import CommandLine, search_path_of
from rankdistill.errors import SweepError, explain
from rankdistill.files import remove_left_overs
from rankdistill.reporting.overview_run import write_report_overview
from rankdistill.reporting.sweep_report import write_report
from rankdistill.runs.models import load_data
from rankdistill.runs.quiet import quiet_hydra
from rankdistill.runs.refit import NO_SWEEP
from rankdistill.sweeps.announcing import closing_lines, count, first_line
from rankdistill.sweeps.changes import RERUN, kept_jobs
from rankdistill.sweeps.composing import combination_that_composes
from rankdistill.sweeps.fingerprints import code_fingerprint
from rankdistill.sweeps.finished import find_finished
from rankdistill.sweeps.former_names import sweep_folder, with_folders_kept
from rankdistill.sweeps.job_record import FAILED, OK, JobRecord, read_job_record
from rankdistill.sweeps.launching import Launching
from rankdistill.sweeps.naming import former_name_of
from rankdistill.sweeps.plan import Job, Plan, make_plan
from rankdistill.sweeps.stacked_launcher import stacks_of
from rankdistill.sweeps.starting import begin, only_start
from rankdistill.sweeps.summary import summarise
from rankdistill.sweeps.sweep_record import SweepRecord


def run(
    overrides: Sequence[Override],
    combinations: Sequence[Sequence[str]],
    launcher: Any,
    loader: Any,
    config: DictConfig,
    rerun: str,
) -> None:
    """Run the jobs that have not ended well, then report on all.

    Args:
        overrides: The grid's overrides, parsed; those of its YAML first.
        combinations: The overrides of every job.
        launcher: Hydra's launcher, set up.
        loader: Hydra's loader, which composes a job.
        config: The composed configuration of the sweep itself.
        rerun: Which finished jobs run again, one of ``RERUN``.

    Raises:
        SweepError: If a job failed.
        ValueError: If the grid cannot run, or the folder is another sweep's or in use.
        KeyboardInterrupt: If it was stopped, with a line on how to go on.
    """
    if rerun not in RERUN:
        raise ValueError(f"hydra.sweeper.rerun must be one of {', '.join(RERUN)}, got {rerun}.")
    quiet_hydra()
    command = config.hydra.job.config_name
    plan = make_plan(command, overrides, combinations)
    former = make_plan(command, overrides, combinations, former_name_of)

    compose = partial(_composed, loader, config)
    in_words = partial(_in_words, command, search_path_of(config.hydra))
    well = combination_that_composes([job.overrides for job in plan.jobs], compose)
    composed = compose(well)
    if composed.get("refit"):
        raise ValueError(NO_SWEEP)
    if "ddp" in composed.trainer.strategy:
        raise ValueError(
            "trainer=ddp cannot run inside --multirun: every process would start the whole sweep "
            "again. Sweep on single devices, or launch one run at a time."
        )
    choice = str(config.hydra.runtime.choices.get("hydra/launcher"))
    stacks = stacks_of(choice, launcher, composed.trainer.accelerator)
    if stacks is not None and command != "train":
        print(
            "The jobs run one after the other: hydra/launcher=stacked trains those of "
            f"rankdistill train side by side, not of {command}.",
            flush=True,
        )
        stacks = None
    folder, code = _folder(config, plan, former), code_fingerprint()
    plan = with_folders_kept(plan, former, folder)
    with only_start(folder):
        remove_left_overs(folder)
        finished = find_finished(folder, plan.jobs)
        kept = kept_jobs(finished, rerun, code, partial(_data_fingerprint, compose))
        jobs = [job for job in plan.jobs if job not in kept]
        sweep = begin(folder, plan, jobs, command, _tested(composed.evaluation), code)
        print(first_line(len(plan.jobs), len(kept), folder), flush=True)
        if jobs:
            print("The time left is known when the first job has ended.", flush=True)
        try:
            if jobs:
                Launching(launcher, compose, in_words, folder, sweep, stacks).run(jobs, well)
        except KeyboardInterrupt:
            ended_well = count(_records(folder, plan), OK)
            raise KeyboardInterrupt(
                f"Stopped with {ended_well} of {len(plan.jobs)} jobs finished; the same command "
                f"runs the others. Results so far: rankdistill report {folder}"
            ) from None
        _report(folder, _records(folder, plan), len(kept), sweep)


def _composed(loader: Any, config: DictConfig, job: Sequence[str]) -> DictConfig:
    composed = loader.load_sweep_config(config, list(job))
    refuse_untyped(composed, sys.argv)
    return composed


def _in_words(
    command: str, places: tuple[str, ...], error: BaseException, job: Sequence[str]
) -> str:
    return explain(error, CommandLine(command, tuple(job), places), hint="")


def _folder(config: DictConfig, plan: Plan, former: Plan) -> Path:
    """Name the sweep's folder by the grid, unless the user named it."""
    folder = Path(config.hydra.sweep.dir)
    typed = [text.partition("=")[0] for text in config.hydra.overrides.hydra]
    return folder if "hydra.sweep.dir" in typed else sweep_folder(folder, plan, former)


def _data_fingerprint(compose: Callable[[Sequence[str]], DictConfig], job: Job) -> str | None:
    """Fingerprint the data that a job's settings name today; None where they cannot be had."""
    try:
        cfg = compose(job.overrides)
        with open_dict(cfg):
            del cfg["hydra"]
        settings: Any = OmegaConf.to_container(cfg, resolve=True)
        return load_data(
            Component.of(settings["data"]),
            Component.of(settings["split"]),
            settings["seed"]["split"],
            settings["evaluation"]["user_block"],
            settings["allow_targets"],
        ).fingerprint
    except Exception:  # the job itself will say what is wrong with it
        return None


def _tested(evaluation: DictConfig) -> list[str]:
    """List the test metrics that the configuration names, the monitored one first."""
    first = evaluation.monitor.replace("val/", "test/")
    names, cut_offs = evaluation.get("metrics", ()), evaluation.get("top_k", ())
    every = [f"test/{name}@{k}" for k in cut_offs for name in names]
    return [first, *(key for key in every if key != first)]


def _records(folder: Path, plan: Plan) -> list[JobRecord | None]:
    return [read_job_record(folder / job.name) for job in plan.jobs]


def _report(
    folder: Path, records: Sequence[JobRecord | None], num_kept: int, sweep: SweepRecord
) -> None:
    """Write the report, and say how the sweep went.

    Raises:
        SweepError: If not all jobs ended well.
    """
    report = write_report(summarise([folder]), folder)
    write_report_overview(folder, sweep.metrics[0])
    for line in closing_lines(records, num_kept, time.time() - sweep.started):
        print(line)
    print(f"Report: {report}")
    print(f"Curves: tensorboard --logdir {folder}")
    not_ok = len(records) - count(records, OK)
    if not_ok:
        raise SweepError(
            f"{not_ok} of {len(records)} jobs did not end well ({count(records, FAILED)} failed); "
            f"each one's job.json and traceback.txt in {folder} say why. The same command tries "
            "again."
        )
