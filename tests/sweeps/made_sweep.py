"""A sweep's folder made by hand, in the form in which sweeps leave it."""

from __future__ import annotations

import itertools
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

SEED = "seed.initialization"
NUM_USERS = 40
OPTIONS = {"size": ("backbone.embedding_dim", "d"), "top_k": ("distillation.top_k", "k")}
"""The number behind an option of a group, and the letter before it."""


def made_sweep(
    folder: Path,
    grid: Mapping[str, Sequence[Any]],
    value: Callable[[Mapping[str, Any]], float],
    *,
    order: bool = True,
    command: str = "train",
    **settings: Any,
) -> list[Path]:
    """Write every job of a grid as ok.

    Args:
        folder: Of the sweep.
        grid: Levels by axis; seeds among them where they are swept.
        value: From a job's levels to its MAP@5 on test; validation has 0.1 more.
        order: Whether the record says in which order levels were asked for.
        command: Of every job.
        **settings: Of every job, dots written as two underscores.

    Returns:
        The jobs' folders, the last axis fastest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    points = [dict(zip(grid, levels, strict=True)) for levels in itertools.product(*grid.values())]
    record = {"command": command, "axes": list(grid), "fixed": [], "num_jobs": len(points)}
    values = {"values": {axis: list(levels) for axis, levels in grid.items()}} if order else {}
    write(folder / "sweep.json", {**record, "code": "c0de", **values})
    extra = {key.replace("__", "."): number for key, number in settings.items()}
    return [made_job(folder, point, value(point), **extra) for point in points]


def made_job(folder: Path, axes: Mapping[str, Any], value: float, **settings: Any) -> Path:
    """Write one job that ended well."""
    job = folder / ",".join(f"{axis}={level}" for axis, level in axes.items())
    job.mkdir(parents=True)
    numbers = {
        OPTIONS[axis][0]: int(level.removeprefix(OPTIONS[axis][1]))
        for axis, level in axes.items()
        if axis in OPTIONS
    }
    write(job / "job.json", made_record(job.name, axes, {**numbers, **settings}))
    dim = numbers.get("backbone.embedding_dim", 10)
    write(job / "metrics.json", made_metrics(value, dim))
    users = np.arange(NUM_USERS)
    noise = np.random.default_rng(zlib.crc32(job.name.encode())).normal(0, 0.01, NUM_USERS)
    values = value + noise - noise.mean()
    np.savez(job / "per_user.npz", user_ids=users, **{"map@5": values, "ndcg@10": values + 0.1})
    return job


def made_record(name: str, axes: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    keys = {axis: level for axis, level in axes.items() if "." in axis}
    return {
        "name": name,
        "overrides": [f"{axis}={level}" for axis, level in axes.items()],
        "axes": dict(axes),
        "status": "ok",
        "error": None,
        "seconds": 7.5,
        "code": "c0de",
        "settings": {"evaluation.monitor": "val/map@5", **keys, **settings},
    }


def made_metrics(value: float, dim: int = 10) -> dict[str, Any]:
    return {
        "status": "ok",
        "module": "distilled_student",
        "backbone": "MatrixFactorization",
        "embedding_dim": dim,
        "parameters": 2_625 * dim,
        "checkpoint_bytes": 10_700 * dim,
        "storage": "fp32",
        "weights_bytes": 10_600 * dim,
        "best_epoch": 12,
        "epochs": 17,
        "fit_seconds": 3.25,
        "seed": {"split": 0},
        "metrics": {
            "val/map@5": value + 0.1,
            "val/ndcg@10": value + 0.2,
            "test/map@5": value,
            "test/ndcg@10": value + 0.1,
        },
        "data": {"name": "ml-100k", "fingerprint": "f1", "split_fingerprint": "f2"},
        "versions": {},
    }


def fail(job: Path, error: str) -> None:
    """Let a job have failed."""
    (job / "metrics.json").unlink()
    change(job / "job.json", status="failed", error=error)
    (job / "traceback.txt").write_text("Traceback (most recent call last):\n")


def interrupt(job: Path) -> None:
    """Let a job have been killed."""
    (job / "metrics.json").unlink()
    change(job / "job.json", status="running", seconds=None)


def change(path: Path, **fields: Any) -> None:
    write(path, {**json.loads(path.read_text()), **fields})


def write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content))
