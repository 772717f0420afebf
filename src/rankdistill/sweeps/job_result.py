"""What a job has measured: sizes, times, metrics, and the test values of each user."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from rankdistill.sweeps.job_record import OK
from rankdistill.sweeps.json_values import mapping, numbers, read_json, sequence

JOB_MEASURES = (
    "epochs",
    "best_epoch",
    "fit_seconds",
    "embedding_dim",
    "parameters",
    "weights_bytes",
    "file_bytes",
    "checkpoint_bytes",
)
_USUAL_MODEL = "distilled_student"


@dataclass(frozen=True)
class SeedRun:
    """One trained model of a job.

    Attributes:
        seed: One of the job's own seeds; None where the job is a single run.
        metrics: Values such as "test/map@5".
        per_user: File of the test values of each user.
    """

    seed: int | None
    metrics: Mapping[str, float]
    per_user: Path


@dataclass(frozen=True)
class JobResult:
    """What a job has measured, as means over its own seeds.

    Attributes:
        data: The data it was measured on, such as "name" and "fingerprint".
        measures: Sizes and times, those of ``JOB_MEASURES`` that are known.
        metrics: Values such as "test/map@5".
        runs: One per seed of the job.
    """

    data: Mapping[str, Any]
    measures: Mapping[str, float]
    metrics: Mapping[str, float]
    runs: tuple[SeedRun, ...]


NO_RESULT = JobResult({}, {}, {}, ())
"""The result of a job that has not ended well."""


def read_result(folder: Path) -> JobResult:
    """Read the result of a job's folder; without one that is whole, return ``NO_RESULT``.

    A result is metrics.json, about one model, or another JSON file whose "models" stand side by
    side. Such a file names in "about" the model that counts; without it, the distilled student
    counts.
    """
    fields = read_json(folder / "metrics.json")
    metrics = numbers(mapping(fields.get("metrics")))
    if fields.get("status") == OK and metrics:
        return _result(fields, fields.get("data"), (SeedRun(None, metrics, _per_user(folder)),))
    return next(_results_of_several_models(folder), NO_RESULT)


def read_per_user(path: Path, metric: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Read the values of a metric for each user.

    Users whose value is NaN have none and are left out, such as those who liked nothing.

    Args:
        path: A file per_user.npz.
        metric: Such as "map@5".

    Returns:
        Ids and values of the users, both (num_users,); None where they cannot be had.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            users, values = arrays["user_ids"], arrays[metric]
            values = values.astype(np.float64)
    except (OSError, ValueError, TypeError, KeyError, EOFError, BadZipFile):
        return None
    if users.ndim != 1 or users.shape != values.shape or np.isinf(values).any():
        return None
    has_value = ~np.isnan(values)
    return users[has_value], values[has_value]


def _results_of_several_models(folder: Path) -> Iterator[JobResult]:
    """Read every file of the folder that sets models side by side."""
    for path in sorted(folder.glob("*.json")):
        content = read_json(path)
        name = str(content.get("about", _USUAL_MODEL))
        model = mapping(mapping(content.get("models")).get(name))
        runs = tuple(
            SeedRun(
                run.get("seed"),
                numbers(mapping(run.get("metrics"))),
                _per_user(folder / name / f"seed-{run.get('seed')}"),
            )
            for run in map(mapping, sequence(model.get("runs")))
        )
        if runs and content.get("status", OK) == OK:
            yield _result(mapping(model.get("mean")), content.get("data"), runs)


def _result(fields: Mapping[str, Any], data: Any, runs: tuple[SeedRun, ...]) -> JobResult:
    return JobResult(
        data=mapping(data),
        measures={key: value for key, value in numbers(fields).items() if key in JOB_MEASURES},
        metrics=numbers(mapping(fields.get("metrics"))),
        runs=runs,
    )


def _per_user(folder: Path) -> Path:
    return folder / "per_user.npz"
