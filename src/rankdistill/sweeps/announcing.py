"""What a sweep says while it runs."""

from __future__ import annotations

import re

from rankdistill.sweeps.job_record import OK, JobRecord
from rankdistill.sweeps.sweep_record import SweepRecord


def first_line(num_jobs: int, num_finished: int, folder: object) -> str:
    """What is there and what is to do, and where."""
    to_run = num_jobs - num_finished
    return f"{num_jobs} jobs, {num_finished} finished before, {to_run} to run: {folder}"


def folder_of(line: str) -> str | None:
    """The sweep's folder in its first line; None for any other."""
    found = re.fullmatch(r"\d+ jobs, \d+ finished before, \d+ to run: (.+)", line)
    return found.group(1) if found else None


def progress_of(line: str) -> tuple[int, int] | None:
    """Jobs that have ended and all jobs, in a job's line; None for any other."""
    found = re.match(r"\[ *(\d+)/(\d+)\] ", line)
    return (int(found.group(1)), int(found.group(2))) if found else None


def progress_line(record: JobRecord, sweep: SweepRecord, num_done: int, now: float) -> str:
    """One line per job that ended: its place, what became of it, the time that is left.

    Args:
        record: Of the job.
        sweep: Of its sweep.
        num_done: Jobs of the grid that have ended, this one and those of earlier starts too.
        now: Seconds since 1970.
    """
    width = len(str(sweep.num_jobs))
    what = "ok" if record.status == OK else f"FAILED: {record.error}"
    left = time_left(sweep.num_jobs - num_done, num_done - sweep.done_before, now - sweep.started)
    parts = [
        f"[{num_done:{width}}/{sweep.num_jobs}] {record.name}",
        f"{record.seconds:.1f} s",
        what,
        *([left] if left else []),
    ]
    return "  ".join(parts)


def time_left(num_left: int, num_ended: int, seconds: float) -> str:
    """How long the rest takes if it goes on as since the start; empty where nothing is left."""
    if num_left <= 0 or num_ended <= 0:
        return ""
    return f"({duration(num_left * seconds / num_ended)} left)"


def duration(seconds: float) -> str:
    """``8 s``, ``3 min``, ``2 h 05 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"
