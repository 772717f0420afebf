"""What one job of a sweep left in its folder."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

OK, FAILED, UNFINISHED = "ok", "failed", "unfinished"
RECORD = "job.json"
MEASURES = (
    "epochs",
    "best_epoch",
    "fit_seconds",
    "embedding_dim",
    "parameters",
    "weights_bytes",
    "checkpoint_bytes",
)
_MODEL = "distilled_student"  # of the models of a comparison, the one that a job is about


@dataclass(frozen=True)
class SeedRun:
    """One trained model of a job.

    Attributes:
        seed: Among the seeds of a comparison; None where the job is a single run.
        metrics: Values such as "test/map@5".
        per_user: File of the test values per user.
    """

    seed: int | None
    metrics: Mapping[str, float]
    per_user: Path


@dataclass(frozen=True)
class SweepJob:
    """A job of a sweep, whatever became of it.

    Attributes:
        folder: Where its files are.
        axes: Value of each swept key.
        overrides: All that it was composed with, as typed.
        settings: Its resolved configuration, flat.
        code: Fingerprint of the program that ran it.
        status: ok, failed or unfinished.
        error: One line, where it failed.
        seconds: That it took, where known.
        data: What it was measured on, such as "name" and "fingerprint"; empty where it was not.
        measures: Those of ``MEASURES`` that are known, means over a comparison's seeds.
        metrics: Values such as "test/map@5", means over a comparison's seeds.
        runs: None but where it is ok.
    """

    folder: Path
    axes: Mapping[str, Any]
    overrides: tuple[str, ...]
    settings: Mapping[str, Any]
    code: str
    status: str
    error: str | None
    seconds: float | None
    data: Mapping[str, Any]
    measures: Mapping[str, float]
    metrics: Mapping[str, float]
    runs: tuple[SeedRun, ...]

    @property
    def name(self) -> str:
        """That of its folder."""
        return self.folder.name


def read_job(folder: Path) -> SweepJob:
    """Read a job's folder; what is missing or half written makes the job unfinished.

    Args:
        folder: Of a job of the command train, of compare, whose distilled student counts, or of
            cascade, which says itself what counts.
    """
    record = read_json(folder / RECORD)
    status = {OK: OK, FAILED: FAILED}.get(str(record.get("status")), UNFINISHED)
    fields, runs = _result(folder) if status == OK else ({}, ())
    if status == OK and not runs:
        status = UNFINISHED
    error = record.get("error")
    return SweepJob(
        folder=folder,
        axes={key: _plain(value) for key, value in mapping(record.get("axes")).items()},
        overrides=tuple(map(str, sequence(record.get("overrides")))),
        settings=mapping(record.get("settings")),
        code=str(record.get("code", "")),
        status=status,
        error=" ".join(str(error).split()) if error is not None else None,
        seconds=numbers({"seconds": record.get("seconds")}).get("seconds"),
        data=mapping(fields.get("data")),
        measures={key: value for key, value in numbers(fields).items() if key in MEASURES},
        metrics=numbers(mapping(fields.get("metrics"))),
        runs=runs,
    )


def read_per_user(path: Path, metric: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Ids and values of the users, both (num_users,); None where they cannot be had.

    A user whose value is NaN has none, such as one who liked nothing, and is left out.

    Args:
        path: A file per_user.npz; only what is asked for is read.
        metric: Such as "map@5".
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


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file; empty where it is missing, half written or something else."""
    try:
        return mapping(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is an object of JSON, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """The value if it is a list of JSON, else an empty one."""
    return value if isinstance(value, list) else []


def numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Those of the values that are finite numbers."""
    return {
        key: value
        for key, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }


def _result(folder: Path) -> tuple[dict[str, Any], tuple[SeedRun, ...]]:
    """The fields of metrics.json, or what stands for them in comparison.json or cascade.json."""
    fields = read_json(folder / "metrics.json")
    metrics = numbers(mapping(fields.get("metrics")))
    if fields.get("status") == OK and metrics:
        return fields, (SeedRun(None, metrics, folder / "per_user.npz"),)
    cascade = read_json(folder / "cascade.json")
    if cascade.get("status") == OK:
        return _of_model(folder, cascade, str(cascade.get("about")))
    return _of_model(folder, read_json(folder / "comparison.json"), _MODEL)


def _of_model(
    folder: Path, result: Mapping[str, Any], name: str
) -> tuple[dict[str, Any], tuple[SeedRun, ...]]:
    """Means and runs of one of the models that a result sets side by side."""
    model = mapping(mapping(result.get("models")).get(name))
    runs = tuple(
        SeedRun(
            run.get("seed"),
            numbers(mapping(run.get("metrics"))),
            folder / name / f"seed-{run.get('seed')}" / "per_user.npz",
        )
        for run in map(mapping, sequence(model.get("runs")))
    )
    return {**mapping(model.get("mean")), "data": result.get("data")}, runs


def _plain(value: Any) -> str | int | float | bool | None:
    is_plain = value is None or isinstance(value, str | int | float | bool)
    return value if is_plain else json.dumps(value)
