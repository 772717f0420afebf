"""Choose which finished jobs to keep: those of other code or other data may run again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from rankdistill.sweeps.plan import Job
from rankdistill.sweeps.sweep_job import SweepJob

RERUN = ("none", "changed", "all")


def kept_jobs(
    finished: Mapping[Job, SweepJob],
    rerun: str,
    code: str,
    fingerprint_now: Callable[[Job], str | None],
) -> list[Job]:
    """List the finished jobs that do not run again, and print how many have changed since.

    Args:
        finished: What jobs that ended well left in their folders.
        rerun: Which of them run again, one of ``RERUN``.
        code: Fingerprint of the program.
        fingerprint_now: What :func:`of_other_data` calls.
    """
    if rerun == "all":
        return []
    changes = {
        "another version of the program": of_other_code(finished, code),
        "other data": of_other_data(finished, fingerprint_now),
    }
    changed: list[Job] = []
    for what, jobs in changes.items():
        if jobs:
            goes_on = "run again" if rerun == "changed" else "stay (hydra.sweeper.rerun=changed)"
            print(f"{len(jobs)} finished jobs were made with {what}; they {goes_on}.")
            changed += jobs
    return [job for job in finished if rerun == "none" or job not in changed]


def of_other_code(finished: Mapping[Job, SweepJob], code: str) -> list[Job]:
    """List the jobs that another version of the program made."""
    return [job for job, left in finished.items() if left.record.code != code]


def of_other_data(
    finished: Mapping[Job, SweepJob], fingerprint_now: Callable[[Job], str | None]
) -> list[Job]:
    """List the jobs whose data have changed since.

    Args:
        finished: What jobs that ended well left in their folders.
        fingerprint_now: Returns today's fingerprint of the data that a job's settings name, or
            None where the data cannot be had. Called once for all jobs of equal data settings.
    """
    known: dict[str, str | None] = {}
    changed = []
    for job, left in finished.items():
        settings = _data_settings(left)
        if settings not in known:
            known[settings] = fingerprint_now(job)
        now = known[settings]
        if now is not None and left.result.data.get("fingerprint", now) != now:
            changed.append(job)
    return changed


def _data_settings(left: SweepJob) -> str:
    settings = left.record.settings
    return json.dumps({key: settings[key] for key in sorted(settings) if key.startswith("data.")})
