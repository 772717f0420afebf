"""job.json: what a job says about itself, from its start on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rankdistill.files import write_json_atomically
from rankdistill.sweeps.json_values import mapping, number, read_json, sequence

JOB_FILE, TRACEBACK = "job.json", "traceback.txt"
RUNNING, OK, FAILED = "running", "ok", "failed"


@dataclass
class JobRecord:
    """The content of job.json.

    Attributes:
        name: Name of the job's folder.
        overrides: All overrides that the job was composed with, as typed.
        axes: Value of each swept key.
        code: Fingerprint of the program that ran the job.
        status: running, ok or failed; a job that was killed stays running.
        error: One line on why the job failed; None for other jobs.
        seconds: From the start of the job to its end; None before the end.
        settings: The composed configuration by dotted key; empty where it could not be composed.
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
        """Replace the record in the job's folder."""
        write_json_atomically(folder / JOB_FILE, asdict(self))


def read_job_record(folder: Path) -> JobRecord | None:
    """Read the record of a job's folder; None where there is none that can be read."""
    content = read_json(folder / JOB_FILE)
    if not {"name", "overrides", "axes", "code"} <= content.keys():
        return None
    error = content.get("error")
    return JobRecord(
        name=str(content["name"]),
        overrides=list(map(str, sequence(content["overrides"]))),
        axes={axis: _plain(level) for axis, level in mapping(content["axes"]).items()},
        code=str(content["code"]),
        status=str(content.get("status")),
        error=None if error is None else " ".join(str(error).split()),
        seconds=number(content.get("seconds")),
        settings=mapping(content.get("settings")),
    )


def fail(folder: Path, record: JobRecord, error: str, traceback: str) -> None:
    """Write down why a job failed: one line in its record, the traceback beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TRACEBACK).write_text(traceback, encoding="utf-8")
    record.status, record.error = FAILED, error
    record.write(folder)


def _plain(level: Any) -> str | int | float | bool | None:
    is_plain = level is None or isinstance(level, str | int | float | bool)
    return level if is_plain else json.dumps(level)
