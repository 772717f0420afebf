"""What ``-m`` does: run what is missing of a grid, gather it, report it."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf, open_dict

from rankdistill.building import Component
from rankdistill.commands.report import write_report
from rankdistill.config.allowances import refuse_untyped
from rankdistill.config.command_line import CommandLine, search_path_of
from rankdistill.errors import SweepError, explain
from rankdistill.files import remove_left_overs
from rankdistill.reporting.overview_run import write_overview
from rankdistill.runs.models import load_data
from rankdistill.sweeps.announcing import closing_lines, count, first_line
from rankdistill.sweeps.changes import of_other_code, of_other_data
from rankdistill.sweeps.composing import combination_that_composes
from rankdistill.sweeps.fingerprints import code_fingerprint
from rankdistill.sweeps.finished import Finished, find_finished
from rankdistill.sweeps.job_record import FAILED, OK, RECORD, JobRecord, read_record
from rankdistill.sweeps.launching import Launching
from rankdistill.sweeps.plan import Job, Plan, make_plan
from rankdistill.sweeps.recording import value_of
from rankdistill.sweeps.results_csv import write_results
from rankdistill.sweeps.sweep_job import read_job
from rankdistill.sweeps.sweep_record import RESULTS, SweepRecord

RERUN = ("none", "changed", "all")


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
        overrides: The grid's, parsed; those of its YAML first.
        combinations: The overrides of every job.
        launcher: Hydra's, set up.
        loader: Hydra's, which composes a job.
        config: The composed configuration of the sweep itself.
        rerun: Which finished jobs run again, one of RERUN.

    Raises:
        SweepError: If a job failed.
        ValueError: If the folder is another sweep's, or in use.
        KeyboardInterrupt: With a line on how to go on.
    """
    if rerun not in RERUN:
        raise ValueError(f"hydra.sweeper.rerun must be one of {', '.join(RERUN)}, got {rerun}.")
    for name in ("hydra", "hydra_plugins"):  # one line a job is enough
        logging.getLogger(name).setLevel(logging.WARNING)
    command = config.hydra.job.config_name
    plan = make_plan(command, overrides, combinations)

    def compose(job: Sequence[str]) -> DictConfig:
        composed = loader.load_sweep_config(config, list(job))
        refuse_untyped(composed, sys.argv)
        return composed

    places = search_path_of(config.hydra)

    def in_words(error: BaseException, job: Sequence[str]) -> str:
        return explain(error, CommandLine(command, tuple(job), places), hint="")

    if command == "tune":
        raise ValueError("tune runs trials of its own: leave out -m; workers=N runs N at once.")
    well = combination_that_composes([job.overrides for job in plan.jobs], compose)
    if "ddp" in (composed := compose(well)).trainer.strategy:
        raise ValueError(
            "trainer=ddp cannot run inside --multirun: every process would start the whole sweep "
            "again. Sweep on single devices, or launch one run at a time."
        )
    folder = _folder(config, plan)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".sweep.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise ValueError(
            f"Another process is running the sweep in {folder}; wait for it."
        ) from None
    with lock:
        remove_left_overs(folder)
        kept = _kept(find_finished(folder, plan.jobs), rerun, compose)
        jobs = [job for job in plan.jobs if job not in kept]
        sweep = _begin(folder, plan, command, jobs, _tested(composed.evaluation))
        print(first_line(len(plan.jobs), len(kept), folder), flush=True)
        try:
            if jobs:
                Launching(launcher, compose, in_words, folder, sweep).run(jobs, well)
        except KeyboardInterrupt:
            ended_well = count(_records(folder, plan), OK)
            raise KeyboardInterrupt(
                f"Stopped with {ended_well} of {len(plan.jobs)} jobs finished; the same command "
                f"runs the others. Results so far: rankdistill report {folder}"
            ) from None
        _end(folder, plan, len(kept), sweep)


def _folder(config: DictConfig, plan: Plan) -> Path:
    """Named by the grid, unless the user named it."""
    folder = Path(config.hydra.sweep.dir)
    typed = [text.partition("=")[0] for text in config.hydra.overrides.hydra]
    if "hydra.sweep.dir" not in typed:
        folder /= plan.name
    return folder


def _kept(
    finished: Sequence[Finished], rerun: str, compose: Callable[[Sequence[str]], DictConfig]
) -> list[Job]:
    """Finished jobs that do not run again; what has changed since is said."""

    def fingerprint_now(each: Finished) -> str | None:
        try:
            cfg = compose(each.job.overrides)
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

    if rerun == "all":
        return []
    changes = {
        "another version of the program": of_other_code(finished, code_fingerprint()),
        "other data": of_other_data(finished, fingerprint_now),
    }
    changed: list[Job] = []
    for what, found in changes.items():
        if found:
            goes_on = "run again" if rerun == "changed" else "stay (hydra.sweeper.rerun=changed)"
            print(f"{len(found)} finished jobs were made with {what}; they {goes_on}.")
            changed += [each.job for each in found]
    return [each.job for each in finished if rerun == "none" or each.job not in changed]


def _tested(evaluation: DictConfig) -> list[str]:
    """The test metrics, the one that is monitored on validation first."""
    first = evaluation.monitor.replace("val/", "test/")
    if "metrics" not in evaluation:  # those of a cascade are many, of a kind
        return [first]
    every = [f"test/{name}@{k}" for k in evaluation.top_k for name in evaluation.metrics]
    return [first, *(key for key in every if key != first)]


def _begin(
    folder: Path, plan: Plan, command: str, to_run: Sequence[Job], metrics: list[str]
) -> SweepRecord:
    """Write the sweep's record, and its table with what is there already."""
    started, code = time.time(), code_fingerprint()
    texts = dict.fromkeys(text for job in plan.jobs for text in job.overrides)
    values = {
        key.lstrip("+"): [value_of(text) for text in texts if text.partition("=")[0] == key]
        for key in plan.axes
    }
    jobs = [read_job(path.parent) for path in sorted(folder.glob(f"*/{RECORD}"))]
    names = {job.name for job in to_run}  # their rows come when they have ended, again or not
    ended_well = [job for job in jobs if job.status == OK and job.name not in names]
    write_results(ended_well, folder / RESULTS)
    sweep = SweepRecord(
        command=command,
        axes=list(plan.axes),
        values=values,
        metrics=metrics,
        fixed=list(plan.fixed),
        num_jobs=len(plan.jobs),
        code=code,
        started=started,
        done_before=len(plan.jobs) - len(to_run),
        rows_before=len(ended_well),
    )
    sweep.write(folder)
    return sweep


def _show_in_tensorboard(folder: Path, sweep: SweepRecord) -> None:
    """The overview run: the report's tables and figures, and a chart of all jobs."""
    lines = (folder / "report.md").read_text(encoding="utf-8").splitlines()
    tables = "\n".join(line for line in lines if not line.startswith("!["))
    figures = {path.stem: path for path in sorted((folder / "figures").glob("*.png"))}
    monitored = sweep.metrics[0].replace("test/", "val/")
    charts = {f"Validation {monitored[4:]}": [monitored], "Training loss": ["train/.*loss"]}
    write_overview(folder, tables, figures, charts)


def _records(folder: Path, plan: Plan) -> list[JobRecord | None]:
    return [read_record(folder / job.name) for job in plan.jobs]


def _end(folder: Path, plan: Plan, num_kept: int, sweep: SweepRecord) -> None:
    """Gather, report, and say how it went.

    Raises:
        SweepError: If not all jobs ended well.
    """
    records = _records(folder, plan)
    report = write_report([folder])
    _show_in_tensorboard(folder, sweep)
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
