"""The metric and the baseline of a report: what the user typed, or what the jobs say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rankdistill.building import did_you_mean
from rankdistill.evaluation.sweep_trials import Level
from rankdistill.metrics.directions import more_is_better
from rankdistill.sweeps.levels import is_seed, level_text
from rankdistill.sweeps.sweep_job import SweepJob

USUAL_METRIC = "map@5"


def chosen_metric(jobs: Sequence[SweepJob], wanted: str | None) -> str:
    """Choose the metric to report, such as "map@5".

    Args:
        jobs: All jobs of the report.
        wanted: What the user typed, with or without "val/" or "test/"; None for the metric that
            the first job monitored.

    Raises:
        ValueError: If no job has the wanted metric on validation and on test, or less of it is
            better.
    """
    names = dict.fromkeys(name for job in jobs for run in job.result.runs for name in run.metrics)
    on_test = [name.removeprefix("test/") for name in names if name.startswith("test/")]
    usable = [name for name in on_test if f"val/{name}" in names and more_is_better(name)]
    if wanted is None:
        monitored = (job.record.settings.get("evaluation.monitor") for job in jobs)
        usual = next((str(name).removeprefix("val/") for name in monitored if name), USUAL_METRIC)
        return usual if usual in usable or not usable else usable[0]
    metric = wanted.removeprefix("test/").removeprefix("val/")
    if not more_is_better(metric):
        raise ValueError(
            f"A report ranks by a metric that is better the larger it is, and {metric!r} is not"
            f"{did_you_mean(metric, usable)}"
        )
    if usable and metric not in usable:
        raise ValueError(f"No job measured {metric!r}{did_you_mean(metric, usable)}")
    return metric


def chosen_baseline(
    jobs: Sequence[SweepJob], axes: Sequence[str], wanted: Mapping[str, str] | None
) -> dict[str, Level] | None:
    """Find the levels that the user typed among those of the jobs.

    Args:
        jobs: Each has a value for every axis.
        axes: What was swept, without the seeds.
        wanted: Typed level by axis; None for no choice.

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
        found = [name for name in known if name == text or _is_same_number(name, text)]
        if not found:
            raise ValueError(f"No job has {axis}={text}{did_you_mean(text, known)}")
        levels[axis] = known[found[0]]
    return levels


def _is_same_number(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return False
