"""What earlier starts of a sweep have left: jobs to keep, and what they were made with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rankdistill.sweeps.job_record import OK, JobRecord, read_record
from rankdistill.sweeps.plan import FREE, Job
from rankdistill.sweeps.sweep_job import read_job


@dataclass(frozen=True)
class Finished:
    """A job that ended well.

    Attributes:
        job: The job.
        record: Its record.
        data: What its result says of the data: ``fingerprint`` and more; empty without result.
    """

    job: Job
    record: JobRecord
    data: Mapping[str, Any]


def find_finished(folder: Path, jobs: Sequence[Job]) -> list[Finished]:
    """The jobs of a grid whose folder says that they ended well.

    Raises:
        ValueError: If a folder of a job's name holds a job with other overrides.
    """
    found = []
    for job in jobs:
        record = read_record(folder / job.name)
        if record is None:
            continue
        theirs, ours = _shaping(record.overrides), _shaping(job.overrides)
        if theirs != ours:
            differing = ", ".join(sorted(theirs ^ ours))
            raise ValueError(
                f"{folder / job.name} was made with other overrides ({differing}); "
                "choose another hydra.sweep.dir, or remove it."
            )
        result = read_job(folder / job.name)
        if result.status == OK:
            found.append(Finished(job, record, result.data))
    return found


def _shaping(overrides: Sequence[str]) -> set[str]:
    return {text for text in overrides if text.partition("=")[0] not in FREE}
