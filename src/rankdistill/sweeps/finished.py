"""Find the jobs that earlier starts of a sweep have finished."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rankdistill.sweeps.job_record import OK
from rankdistill.sweeps.plan import FREE, Job
from rankdistill.sweeps.sweep_job import SweepJob, read_job


def find_finished(folder: Path, jobs: Sequence[Job]) -> dict[Job, SweepJob]:
    """Return the jobs of a grid that ended well, with what they left in their folders.

    Raises:
        ValueError: If a job's folder was made with other overrides.
    """
    found = {}
    for job in jobs:
        left = read_job(folder / job.name)
        theirs, ours = _shaping(left.record.overrides), _shaping(job.overrides)
        if left.record.overrides and theirs != ours:
            differing = ", ".join(sorted(theirs ^ ours))
            raise ValueError(
                f"{left.folder} was made with other overrides ({differing}); "
                "choose another hydra.sweep.dir, or remove it."
            )
        if left.status == OK:
            found[job] = left
    return found


def _shaping(overrides: Sequence[str]) -> set[str]:
    """Leave out the overrides that do not change what a job finds."""
    return {text for text in overrides if text.partition("=")[0] not in FREE}
