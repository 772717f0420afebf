"""Print what becomes of jobs on a cluster, where their own output is not seen."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rankdistill.sweeps.announcing import progress_line
from rankdistill.sweeps.job_record import FAILED, OK, read_job_record
from rankdistill.sweeps.plan import Job
from rankdistill.sweeps.sweep_record import SweepRecord


@contextmanager
def following(
    folder: Path, jobs: Sequence[Job], sweep: SweepRecord, seconds: float = 2.0
) -> Iterator[None]:
    """Print a line for each job that ends while the block runs.

    Args:
        folder: The sweep's.
        jobs: Jobs that were submitted; none has a record yet.
        sweep: The sweep's record.
        seconds: Time between two looks at the jobs' records.
    """
    is_over = threading.Event()
    waiting = list(jobs)
    num_done = sweep.num_jobs - len(waiting)

    def look() -> None:
        nonlocal num_done
        for job in list(waiting):
            record = read_job_record(folder / job.name)
            if record is not None and record.status in (OK, FAILED):
                waiting.remove(job)
                num_done += 1
                print(progress_line(record, sweep, num_done, time.time()), flush=True)

    def watch() -> None:
        while not is_over.wait(seconds):
            look()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()
        look()
