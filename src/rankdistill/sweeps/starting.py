"""Start a sweep in its folder: one start at a time, with a record and a table of what is there."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from rankdistill.sweeps.job_record import JOB_FILE, OK
from rankdistill.sweeps.plan import Job, Plan
from rankdistill.sweeps.results_csv import write_results
from rankdistill.sweeps.sweep_job import read_job
from rankdistill.sweeps.sweep_record import RESULTS, SweepRecord
from rankdistill.sweeps.typed_values import values_by_axis


@contextmanager
def only_start(folder: Path) -> Iterator[None]:
    """Keep other starts of the sweep away while the block runs.

    Raises:
        ValueError: If another process runs the sweep.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".sweep.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise ValueError(
            f"Another process is running the sweep in {folder}; wait for it."
        ) from None
    with lock:
        yield


def begin(
    folder: Path, plan: Plan, to_run: Sequence[Job], command: str, metrics: list[str], code: str
) -> SweepRecord:
    """Write the sweep's record, and its table with the jobs that stay.

    Args:
        folder: The sweep's.
        plan: The whole grid.
        to_run: The jobs that this start runs; their rows come when they have ended.
        command: The command that every job runs.
        metrics: What every job measures on the test items, the most important first.
        code: Fingerprint of the program.
    """
    started = time.time()
    axes = [axis.lstrip("+") for axis in plan.axes]
    jobs = [read_job(path.parent) for path in sorted(folder.glob(f"*/{JOB_FILE}"))]
    names = {job.name for job in to_run}
    ended_well = [job for job in jobs if job.status == OK and job.name not in names]
    write_results(ended_well, folder / RESULTS)
    sweep = SweepRecord(
        command=command,
        axes=axes,
        values=values_by_axis(axes, [job.overrides for job in plan.jobs]),
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
