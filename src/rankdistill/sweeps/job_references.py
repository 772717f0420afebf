"""Read which teacher and which plain student a job of a sweep is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rankdistill.evaluation.sweep_references import Reference
from rankdistill.runs.fit import REFERENCES
from rankdistill.sweeps.job_record import OK
from rankdistill.sweeps.json_values import mapping, numbers, read_json
from rankdistill.sweeps.sweep_job import SweepJob


def references_of(jobs: Iterable[SweepJob], axes: Sequence[str]) -> list[Reference]:
    """Read the models that jobs are compared with; a job that says nothing of them has none.

    Args:
        jobs: Each has a value for every axis.
        axes: What was swept, without the seeds.
    """
    return [each for job in jobs if job.status == OK for each in _of_job(job, axes)]


def _of_job(job: SweepJob, axes: Sequence[str]) -> Iterator[Reference]:
    for model, content in read_json(job.folder / REFERENCES).items():
        fields = mapping(content)
        yield Reference(
            model=model,
            key=str(fields.get("key")),
            kind=str(fields.get("kind")),
            levels={axis: job.axes[axis] for axis in axes},
            metrics=numbers(mapping(fields.get("metrics"))),
            measures=numbers(fields),
        )
