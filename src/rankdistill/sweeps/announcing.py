"""The lines that a sweep prints while it runs and when it ends."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rankdistill.runs.time_left import duration, time_left
from rankdistill.sweeps.job_record import FAILED, OK, JobRecord
from rankdistill.sweeps.sweep_record import SweepRecord


def first_line(num_jobs: int, num_finished: int, folder: object) -> str:
    """Say how many jobs there are, how many are left to run, and where."""
    to_run = num_jobs - num_finished
    return f"{num_jobs} jobs, {num_finished} finished before, {to_run} to run: {folder}"


def closing_lines(
    records: Sequence[JobRecord | None], num_skipped: int, seconds: float, most: int = 10
) -> list[str]:
    """Say which jobs failed, and how many ended in which way.

    Args:
        records: One per job; None for a job without a record.
        num_skipped: How many of the jobs had finished before this start.
        seconds: Duration of this start.
        most: How many failures to list one by one.
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
    """Count the records with a status."""
    return sum(each is not None and each.status == status for each in records)


def folder_of(line: str) -> str | None:
    """Read the sweep's folder from its first line; None for any other line."""
    found = re.fullmatch(r"\d+ jobs, \d+ finished before, \d+ to run: (.+)", line)
    return found.group(1) if found else None


def progress_of(line: str) -> tuple[int, int] | None:
    """Read from a job's line how many jobs have ended, and of how many; None for any other line."""
    found = re.match(r"\[ *(\d+)/(\d+)\] ", line)
    return (int(found.group(1)), int(found.group(2))) if found else None


def progress_line(record: JobRecord, sweep: SweepRecord, num_done: int, now: float) -> str:
    """Say of a job that ended how many have, what became of it, and how much time is left.

    Args:
        record: The job's record.
        sweep: The record of its sweep.
        num_done: How many jobs of the grid have ended, with this one and those of earlier starts.
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
