"""What a sweep says while it runs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rankdistill.sweeps.job_record import FAILED, OK, JobRecord
from rankdistill.sweeps.sweep_record import SweepRecord


def first_line(num_jobs: int, num_finished: int, folder: object) -> str:
    """What is there and what is to do, and where."""
    to_run = num_jobs - num_finished
    return f"{num_jobs} jobs, {num_finished} finished before, {to_run} to run: {folder}"


def closing_lines(
    records: Sequence[JobRecord | None], num_skipped: int, seconds: float, most: int = 10
) -> list[str]:
    """Which jobs failed, and how all ended.

    Args:
        records: One per job; None for a job without one.
        num_skipped: Jobs among them that had finished before.
        seconds: That this start took.
        most: Failures that are told one by one.
    """
    failed = [each for each in records if each is not None and each.status == FAILED]
    lines = [f"Failed: {each.name}: {each.error}" for each in failed[:most]]
    if len(failed) > most:
        lines.append(f"Failed: {len(failed) - most} more; the report counts them by reason.")
    without_end = len(records) - count(records, OK) - len(failed)
    counts = [
        f"{count(records, OK)} ok ({num_skipped} of them skipped: finished before)",
        f"{len(failed)} failed",
        *([f"{without_end} without an end"] if without_end else []),
    ]
    return [*lines, f"{', '.join(counts)}, in {duration(seconds)}."]


def count(records: Sequence[JobRecord | None], status: str) -> int:
    """Records of one status."""
    return sum(each is not None and each.status == status for each in records)


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
