"""results.csv: a row per job of a sweep that has ended, well or not."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rankdistill.files import write_text_atomically
from rankdistill.quoting import table_cell
from rankdistill.sweeps.job_result import JOB_MEASURES
from rankdistill.sweeps.sweep_folder import SWEEP_AXIS, joined, read_sweep
from rankdistill.sweeps.sweep_job import UNFINISHED, SweepJob, read_job


def rows(jobs: Iterable[SweepJob]) -> list[dict[str, Any]]:
    """Make a row per job that has ended, in the order given.

    Args:
        jobs: Those that have not ended are left out.

    Returns:
        Rows with the columns "job", one per axis, "status", "seconds", sizes and times, one per
        metric, and "error". None where a job has no value.
    """
    ended = [job for job in jobs if job.status != UNFINISHED]
    axes = dict.fromkeys(axis for job in ended for axis in job.axes)
    metrics = dict.fromkeys(metric for job in ended for metric in job.result.metrics)
    return [
        {
            "job": job.name,
            **{axis: _level(job, axis) for axis in axes},
            "status": job.status,
            "seconds": job.record.seconds,
            **{measure: job.result.measures.get(measure) for measure in JOB_MEASURES},
            **{metric: job.result.metrics.get(metric) for metric in metrics},
            "error": job.record.error,
        }
        for job in ended
    ]


def write_results(jobs: Iterable[SweepJob], path: Path | str) -> None:
    """Write :func:`rows` as CSV: numbers in full, an empty cell for no value.

    Args:
        jobs: Jobs of one sweep or of several.
        path: The file to write or replace.
    """
    made = rows(jobs)
    _write(path, list(made[0]) if made else ["job", "status", "error"], made)


def append_row(path: Path | str, job_folder: Path) -> None:
    """Add the row of a job that has ended, in place of an earlier row of that job.

    The table is made anew from the sweep's folder where it is missing, lacks a column that the
    job needs, or was gathered from several sweeps. The caller holds the lock on it.

    Args:
        path: results.csv in the folder of the sweep.
        job_folder: The job's folder, beside it.
    """
    path = Path(path)
    header, found = _read(path)
    new = rows([read_job(job_folder)])
    needed = {"job"}.union(*new)
    if not needed <= set(header) or SWEEP_AXIS in header:
        write_results(joined([read_sweep(path.parent)])[1], path)
    else:
        kept = [row for row in found if row.get("job") != job_folder.name]
        _write(path, header, [*kept, *new])


def _level(job: SweepJob, axis: str) -> Any:
    level = job.axes.get(axis)
    return "null" if level is None and axis in job.axes else level


def _read(path: Path) -> tuple[Sequence[str], list[dict[str, Any]]]:
    """Read columns and rows as text; none where there is no table."""
    try:
        reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
        found = list(reader)
    except (OSError, ValueError, csv.Error):
        return [], []
    return reader.fieldnames or [], found


def _write(path: Path | str, columns: Sequence[str], table: Iterable[Mapping[str, Any]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for row in table:
        writer.writerow({column: table_cell(value) for column, value in row.items()})
    write_text_atomically(path, text.getvalue())
