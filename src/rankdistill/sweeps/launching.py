"""Run jobs through any of Hydra's launchers; a job or process that dies stops no other."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from hydra.core.utils import JobReturn, JobStatus, setup_globals
from omegaconf import DictConfig

from rankdistill.runs.hyperparameters import begin_session, end_session
from rankdistill.runs.quiet import quiet_hydra
from rankdistill.runs.stacked_fits import MadeJob
from rankdistill.runs.worker_pool import run_workers
from rankdistill.sweeps.composed_job import placed, run_composed
from rankdistill.sweeps.composing import bad_values
from rankdistill.sweeps.following import following
from rankdistill.sweeps.job_record import (
    FAILED,
    JOB_FILE,
    OK,
    JobRecord,
    fail,
    read_job_record,
)
from rankdistill.sweeps.machine_share import take_share
from rankdistill.sweeps.plan import Job
from rankdistill.sweeps.recording import publish
from rankdistill.sweeps.stacked_launcher import StackedSweep
from rankdistill.sweeps.stacking import Stacking
from rankdistill.sweeps.sweep_record import SweepRecord
from rankdistill.sweeps.typed_values import axis_values

DIED = "The process of this job ended without a word: killed, or out of memory."


class Launching:
    """Runs the jobs of one start of a sweep.

    Args:
        launcher: Hydra's launcher.
        compose: From a job's overrides to its configuration; raises where they do not compose.
        explain: From an exception and a job's overrides to one line for people.
        folder: The sweep's.
        sweep: The sweep's record.
        stacks: How stacks of jobs are trained; None: jobs run as the launcher runs them.
    """

    def __init__(
        self,
        launcher: Any,
        compose: Callable[[Sequence[str]], DictConfig],
        explain: Callable[[BaseException, Sequence[str]], str],
        folder: Path,
        sweep: SweepRecord,
        stacks: StackedSweep | None = None,
    ):
        self.launcher = launcher
        self.compose = compose
        self.explain = explain
        self.folder = folder
        self.sweep = sweep
        self.stacks = stacks
        self._num_launched = 0

    def run(self, jobs: Sequence[Job], well: Sequence[str]) -> None:
        """Run every job; each leaves a record, ok or failed.

        Args:
            jobs: What to run; records of earlier attempts are removed.
            well: The overrides of one job that compose.

        Raises:
            ValueError: If a cluster lost a job: others may still be running there.
        """
        for job in jobs:
            (self.folder / job.name / JOB_FILE).unlink(missing_ok=True)
        kind = type(self.launcher).__module__
        if "joblib" in kind:
            self._run_in_workers(self._without_bad_values(jobs, well))
        elif "submitit" in kind:
            self._run_on_cluster(self._without_bad_values(jobs, well))
        elif self.stacks is None:
            self._run_here(jobs)
        elif (processes := self.stacks.processes_for(len(jobs))) > 1:
            self._run_stacks_in_workers(jobs, self.stacks, processes)
        else:
            bounds = self.stacks.bounds
            Stacking(self.compose, self.folder, bounds).run(jobs, self._run_composed)

    def _run_here(self, jobs: Sequence[Job]) -> None:
        for job in jobs:  # one launch each: launchers keep what jobs return
            self._run_one(job, lambda number, job=job: self._launch([job], number)[0])

    def _run_composed(self, job: Job, config: DictConfig | None, made: MadeJob | None) -> None:
        if config is None:  # launched, it says what is wrong with it
            self._run_here([job])
        else:
            self._run_one(job, lambda number: run_composed(self.launcher, config, made, number))

    def _run_one(self, job: Job, launch: Callable[[int], JobReturn]) -> None:
        number = self._num_launched
        self._num_launched += 1
        try:
            result = launch(number)
            if result.status is JobStatus.FAILED:
                _ = result.return_value  # raises what the job raised
        except Exception as error:
            self._fail(job, error, self.explain(error, job.overrides))

    def _run_in_workers(self, waiting: Sequence[Job]) -> None:
        while waiting:
            try:
                self._launch(waiting)
                return
            except Exception as error:
                # A worker that dies takes the others along. Run those that were at work one by
                # one: the job that dies alone is the cause.
                at_work = [job for job in waiting if self._status(job) not in (None, OK, FAILED)]
                if not at_work:
                    raise error
                for job in at_work:
                    self._run_alone(job)
                waiting = [job for job in waiting if self._status(job) not in (OK, FAILED)]

    def _run_alone(self, job: Job) -> None:
        try:
            self._launch([job])
        except Exception as error:
            self._fail(job, error, DIED)

    def _run_stacks_in_workers(
        self, jobs: Sequence[Job], stacks: StackedSweep, processes: int
    ) -> None:
        """Deal the jobs out to processes; those of one that dies run alone, each in its own."""
        devices = list(stacks.devices)
        parts = [jobs[number::processes] for number in range(processes)]
        lost: list[Job] = []

        def lose(worker: int, _: str) -> None:
            lost.extend(job for job in parts[worker] if self._status(job) not in (OK, FAILED))

        work = partial(_run_part, self._of_worker(processes, stacks.of_each(processes)), parts)
        run_workers(work, processes, devices, lambda: None, lose)
        for job in lost:
            died = partial(self._fail, job, RuntimeError(DIED), DIED)
            work = partial(_run_part, self._of_worker(1, None), [[job]])
            run_workers(work, 1, devices, lambda: None, lambda *_: died())  # noqa: B023

    def _of_worker(self, processes: int, stacks: StackedSweep | None) -> Launching:
        compose = partial(_with_share, self.compose, processes)
        return Launching(self.launcher, compose, self.explain, self.folder, self.sweep, stacks)

    def _run_on_cluster(self, jobs: Sequence[Job]) -> None:
        if not jobs:
            return
        try:
            with following(self.folder, jobs, self.sweep):
                self._launch(jobs)
        except Exception as error:
            reason = str(error).strip().splitlines()
            raise ValueError(
                f"The cluster lost a job ({reason[-1] if reason else type(error).__name__}); once "
                "no other is running there, the same command runs what is missing."
            ) from error

    def _launch(self, jobs: Sequence[Job], number: int = 0) -> Sequence[Any]:
        overrides = [placed(job, self.folder) for job in jobs]
        return self.launcher.launch(overrides, initial_job_idx=number)

    def _without_bad_values(self, jobs: Sequence[Job], well: Sequence[str]) -> list[Job]:
        """Keep the jobs that a worker can compose, and record the others as failed."""
        bad = bad_values([job.overrides for job in jobs], well, self.compose)
        kept = []
        for job in jobs:
            errors = [bad[override] for override in job.overrides if override in bad]
            if errors:
                self._fail(job, errors[0], self.explain(errors[0], job.overrides))
            else:
                kept.append(job)
        return kept

    def _status(self, job: Job) -> str | None:
        record = read_job_record(self.folder / job.name)
        return None if record is None else record.status

    def _fail(self, job: Job, error: Exception, line: str) -> None:
        """Record the failure of a job that could not record it itself."""
        axes = axis_values(self.sweep.axes, job.overrides)
        record = JobRecord(job.name, list(job.overrides), axes, self.sweep.code, seconds=0.0)
        text = "".join(traceback.format_exception(error))
        folder = self.folder / job.name
        begin_session(folder, axes, self.sweep.metrics, self.sweep.values)
        end_session(folder, {}, succeeded=False)
        fail(folder, record, line, text)
        publish(folder, self.sweep, record)


def _with_share(
    compose: Callable[[Sequence[str]], DictConfig], processes: int, overrides: Sequence[str]
) -> DictConfig:
    config = compose(overrides)
    take_share(config, {"n_jobs": processes}, 0)
    return config


def _run_part(launching: Launching, parts: Sequence[Sequence[Job]], number: int) -> None:
    """Run the part of one process, in it."""
    quiet_hydra()
    setup_globals()
    launching.run(parts[number], ())
