"""From the jobs of sweeps to the trials that evaluation compares."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rankdistill.evaluation.sweep_trials import Trial
from rankdistill.sweeps.job_record import OK
from rankdistill.sweeps.job_result import read_per_user
from rankdistill.sweeps.json_values import numbers
from rankdistill.sweeps.levels import is_seed
from rankdistill.sweeps.sweep_job import SweepJob


def trials(jobs: Sequence[SweepJob], axes: Sequence[str]) -> list[Trial]:
    """List the runs of the jobs that ended well; a job with seeds of its own has one per seed.

    Args:
        jobs: Each has a value for every axis.
        axes: What was swept, without the seeds.
    """
    return [
        Trial(
            job=job.name,
            axes={axis: job.axes[axis] for axis in axes},
            seed=(*_seeds(job), run.seed),
            metrics=run.metrics,
            measures=job.result.measures,
            settings=numbers(job.record.settings),
            data=_data(job),
            per_user=partial(read_per_user, run.per_user),
        )
        for job in jobs
        if job.status == OK
        for run in job.result.runs
    ]


def _seeds(job: SweepJob) -> tuple[object, ...]:
    """List every seed that the job had, swept or not."""
    known = {**job.record.settings, **job.axes}
    return tuple(sorted((key, str(value)) for key, value in known.items() if is_seed(key)))


def _data(job: SweepJob) -> str:
    parts = (job.result.data.get(key) for key in ("fingerprint", "split_fingerprint"))
    return " ".join(map(str, parts))
