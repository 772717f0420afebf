"""Runs of a sweep made by hand, for the summary of sweeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rankdistill.evaluation.sweep_trials import Trial


def made_trial(
    axes: Mapping[str, Any],
    test: float,
    *,
    val: float | None = None,
    seed: int = 1,
    users: Mapping[int, float] | None = None,
    num_bytes: float = 1000,
    data: str = "ml-100k",
    **settings: float,
) -> Trial:
    """A run with MAP@5 alone; validation says what test says unless told otherwise.

    Settings are written with two underscores for a dot.
    """
    values = None if users is None else (np.array(list(users)), np.array(list(users.values())))
    return Trial(
        job=",".join(f"{axis}={level}" for axis, level in axes.items()),
        axes=axes,
        seed=(("seed", seed),),
        metrics={"val/map@5": test if val is None else val, "test/map@5": test},
        measures={"weights_bytes": num_bytes},
        settings={key.replace("__", "."): number for key, number in settings.items()},
        data=data,
        per_user=lambda metric: values if metric == "map@5" else None,
    )


def crossed(values: Mapping[tuple[str, str], float], **more: Any) -> list[Trial]:
    """A run per pair of size and weighting."""
    return [
        made_trial({"size": size, "weighting": weighting}, value, **more)
        for (size, weighting), value in values.items()
    ]
