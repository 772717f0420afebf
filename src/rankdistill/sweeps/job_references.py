"""Read which teacher and which plain student a job of a sweep is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rankdistill.evaluation.sweep_references import Reference
from rankdistill.runs.fit import REFERENCES
from rankdistill.sweeps.job_record import OK
from rankdistill.sweeps.json_values import mapping, numbers, read_json, sequence
from rankdistill.sweeps.sweep_job import SweepJob

_KIND = ("backbone", "embedding_dim", "storage")
"""What tells the models of comparisons apart, beside their seeds."""


def references_of(jobs: Iterable[SweepJob], axes: Sequence[str]) -> list[Reference]:
    """Read the models that jobs are compared with; a job that says nothing of them has none.

    Args:
        jobs: Each has a value for every axis.
        axes: What was swept, without the seeds.
    """
    return [each for job in jobs if job.status == OK for each in _of_job(job, axes)]


def _of_job(job: SweepJob, axes: Sequence[str]) -> Iterator[Reference]:
    found = read_json(job.folder / REFERENCES).items() or _of_comparison(job.folder)
    for model, content in found:
        fields = mapping(content)
        yield Reference(
            model=model,
            key=str(fields.get("key")),
            kind=str(fields.get("kind")),
            levels={axis: job.axes[axis] for axis in axes},
            metrics=numbers(mapping(fields.get("metrics"))),
            measures=numbers(fields),
        )


def _of_comparison(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read the runs of a comparison; equal ones of several jobs are one model."""
    models = mapping(read_json(folder / "comparison.json").get("models"))
    for model in ("teacher", "student"):
        for run in map(mapping, sequence(mapping(models.get(model)).get("runs"))):
            kind = " ".join(str(run.get(name)) for name in _KIND)
            yield model, {**run, "key": str(run.get("metrics")), "kind": kind}
