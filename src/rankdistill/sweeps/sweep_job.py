"""A job of a sweep as its folder tells it: the record, and the result where it ended well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rankdistill.sweeps.job_record import FAILED, OK, RUNNING, JobRecord, read_job_record
from rankdistill.sweeps.job_result import NO_RESULT, JobResult, read_result

UNFINISHED = "unfinished"


@dataclass(frozen=True)
class SweepJob:
    """A job of a sweep, whatever became of it.

    Attributes:
        folder: Where its files are.
        axes: Value of each axis: those that the job's sweep swept, and those of other sweeps
            that are reported with it.
        record: What the job said about itself.
        result: What it measured; ``NO_RESULT`` unless the job ended well.
    """

    folder: Path
    axes: Mapping[str, Any]
    record: JobRecord
    result: JobResult

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name

    @property
    def status(self) -> str:
        """Return ok, failed or unfinished; a job without its result is not ok."""
        if self.record.status == OK and self.result.runs:
            return OK
        return FAILED if self.record.status == FAILED else UNFINISHED

    @property
    def was_cut_short(self) -> bool:
        """Whether the best epoch was the last that trainer.max_epochs allowed.

        More epochs may be better then. Where the learning rate decays to zero, the last epochs are
        the best by design.
        """
        measures, settings = self.result.measures, self.record.settings
        last = measures.get("epochs")
        ended_at_most = last is not None and last == settings.get("trainer.max_epochs")
        decays = settings.get("training.decay_epochs") is not None
        return ended_at_most and measures.get("best_epoch") == last and not decays


def read_job(folder: Path) -> SweepJob:
    """Read a job's folder; what is missing or half written makes the job unfinished."""
    record = read_job_record(folder) or JobRecord(folder.name, [], {}, "", RUNNING)
    result = read_result(folder) if record.status == OK else NO_RESULT
    return SweepJob(folder, record.axes, record, result)
