"""What a job leaves in its folder about itself, from its start on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from rankdistill.files import write_json_atomically

RECORD, TRACEBACK = "job.json", "traceback.txt"
RUNNING, OK, FAILED = "running", "ok", "failed"


@dataclass
class JobRecord:
    """The content of job.json.

    Attributes:
        name: Of the job's folder.
        overrides: All that it was composed with, as typed.
        axes: Value of each swept key.
        code: Fingerprint of the program that ran it.
        status: running, ok or failed; a job that was killed stays running.
        error: One line, where it failed.
        seconds: From the start of the job to its end.
        settings: The composed configuration, flat; empty where it could not be composed.
    """

    name: str
    overrides: list[str]
    axes: dict[str, Any]
    code: str
    status: str = RUNNING
    error: str | None = None
    seconds: float | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Replace the folder's record."""
        write_json_atomically(folder / RECORD, asdict(self))


def read_record(folder: Path) -> JobRecord | None:
    """The folder's record; None where there is none that can be read."""
    try:
        content = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        known = {each.name for each in fields(JobRecord)}
        return JobRecord(**{key: value for key, value in content.items() if key in known})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def fail(folder: Path, record: JobRecord, error: str, traceback: str) -> None:
    """Keep why a job failed: the line in its record, the traceback beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TRACEBACK).write_text(traceback, encoding="utf-8")
    record.status, record.error = FAILED, error
    record.write(folder)
