"""Read sweeps and summarise what their jobs have measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rankdistill.evaluation.sweep_references import reference_lines
from rankdistill.evaluation.sweep_summary import build_sweep_summary
from rankdistill.sweeps.chosen import chosen_baseline, chosen_metric
from rankdistill.sweeps.job_references import references_of
from rankdistill.sweeps.levels import is_seed
from rankdistill.sweeps.sweep_folder import Sweep, joined, level_order, read_sweeps
from rankdistill.sweeps.sweep_job import SweepJob
from rankdistill.sweeps.trials import trials


@dataclass(frozen=True)
class SweepSummary:
    """Sweeps, and what they say.

    Attributes:
        sweeps: What was read.
        axes: What was swept, seeds among them.
        jobs: The jobs of all sweeps; each has a value for every axis.
        numbers: What ``build_sweep_summary`` made of the jobs that ended well, and in "references"
            the teachers and plain students beside them.
    """

    sweeps: Sequence[Sweep]
    axes: Sequence[str]
    jobs: Sequence[SweepJob]
    numbers: Mapping[str, Any]


def summarise(
    folders: Sequence[Path], metric: str | None = None, baseline: Mapping[str, str] | None = None
) -> SweepSummary:
    """Read sweeps, compare their configurations and measure the effect of each axis.

    Args:
        folders: Sweeps, or folders of sweeps.
        metric: Such as "map@5"; None for the metric that the jobs monitored.
        baseline: Levels of some axes, as typed: every configuration is compared with its twin
            that has these. None compares all with the first configuration of the sweep.

    Raises:
        FileNotFoundError: If a folder is no sweep.
        ValueError: If the metric, an axis or a level is not there.
    """
    sweeps = read_sweeps(folders)
    axes, jobs = joined(sweeps)
    swept = [axis for axis in axes if not is_seed(axis)]
    chosen = chosen_metric(jobs, metric)
    numbers = build_sweep_summary(
        trials(jobs, swept),
        swept,
        chosen,
        chosen_baseline(jobs, swept, baseline),
        level_order(sweeps),
    )
    references = reference_lines(references_of(jobs, swept), chosen)
    return SweepSummary(sweeps, axes, jobs, {**numbers, "references": references})
