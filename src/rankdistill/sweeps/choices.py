"""From a sweep's jobs to what evaluation takes: trials, a metric and a baseline that exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from rankdistill.building import did_you_mean
from rankdistill.evaluation.sweep_trials import Level, Trial
from rankdistill.reporting.sweep_wording import level_text
from rankdistill.reporting.wording import more_is_better
from rankdistill.sweeps.sweep_folder import SEED, Sweep, is_seed
from rankdistill.sweeps.sweep_job import OK, SweepJob, numbers, read_per_user

USUAL_METRIC = "map@5"


def trials(jobs: Sequence[SweepJob], axes: Sequence[str]) -> list[Trial]:
    """The runs of the jobs that ended well; a comparison has one per seed of its own.

    Args:
        jobs: With a value for every axis.
        axes: Those that are no seeds.
    """
    return [
        Trial(
            job=job.name,
            axes={axis: job.axes[axis] for axis in axes},
            seed=(*_seed(job), run.seed),
            metrics=run.metrics,
            measures=job.measures,
            settings=numbers(job.settings),
            data=" ".join(str(job.data.get(key)) for key in ("fingerprint", "split_fingerprint")),
            per_user=partial(read_per_user, run.per_user),
        )
        for job in jobs
        if job.status == OK
        for run in job.runs
    ]


def chosen_metric(jobs: Sequence[SweepJob], wanted: str | None) -> str:
    """The metric to report, such as "map@5".

    Args:
        jobs: Of the sweep.
        wanted: By the user, with or without "val/" or "test/"; None for the one that the first
            job monitored.

    Raises:
        ValueError: If no job has the wanted metric on both parts, or more of it is not better.
    """
    names = dict.fromkeys(name for job in jobs for run in job.runs for name in run.metrics)
    both = [
        name.removeprefix("test/")
        for name in names
        if name.startswith("test/") and name.replace("test/", "val/", 1) in names
        if more_is_better(name.removeprefix("test/"))
    ]
    if wanted is not None:
        metric = wanted.removeprefix("test/").removeprefix("val/")
        if not more_is_better(metric):
            raise ValueError(
                f"A report ranks by a metric of which more is better, and {metric!r} is none"
                f"{did_you_mean(metric, both)}"
            )
        if both and metric not in both:
            raise ValueError(f"No job measured {metric!r}{did_you_mean(metric, both)}")
        return metric
    monitored = (job.settings.get("evaluation.monitor") for job in jobs)
    usual = next((str(name).removeprefix("val/") for name in monitored if name), USUAL_METRIC)
    return usual if usual in both or not both else both[0]


def chosen_baseline(
    jobs: Sequence[SweepJob], axes: Sequence[str], wanted: Mapping[str, str] | None
) -> dict[str, Level] | None:
    """The levels that the user typed, as the jobs have them.

    Args:
        jobs: With a value for every axis.
        axes: Those that are no seeds.
        wanted: Level by axis.

    Raises:
        ValueError: If an axis was not swept or has no such level.
    """
    if wanted is None:
        return None
    levels: dict[str, Level] = {}
    for axis, text in wanted.items():
        if is_seed(axis):
            raise ValueError(f"{axis} cannot be a baseline: results are averaged over seeds.")
        if axis not in axes:
            raise ValueError(f"{axis!r} was not swept{did_you_mean(axis, axes)}")
        known = {level_text(job.axes[axis]): job.axes[axis] for job in jobs}
        found = [name for name in known if name == text or _same_number(name, text)]
        if not found:
            raise ValueError(f"No job has {axis}={text}{did_you_mean(text, known)}")
        levels[axis] = known[found[0]]
    return levels


def level_order(sweeps: Sequence[Sweep]) -> dict[str, list[Any]]:
    """The values of each axis as the sweeps asked for them, those of the first sweep first."""
    order: dict[str, list[Any]] = {}
    for sweep in sweeps:
        for axis, levels in sweep.order.items():
            known = order.setdefault(axis, [])
            known += [level for level in levels if level not in known]
    return order


def _seed(job: SweepJob) -> tuple[object, ...]:
    """Every seed that the job had, swept or not."""
    seeds = {key: value for key, value in job.settings.items() if key.startswith(SEED)}
    swept = {key: value for key, value in job.axes.items() if key.startswith(SEED)}
    return tuple(sorted((key, str(value)) for key, value in {**seeds, **swept}.items()))


def _same_number(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return False
