"""A sweep's report in no particular language: counts, errors, sentences, figures, tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rankdistill.reporting.report_table import Table
from rankdistill.reporting.sweep_reading import reading
from rankdistill.reporting.sweep_tables import (
    best_per_level_table,
    configurations_table,
    effects_table,
    jobs_table,
)
from rankdistill.reporting.sweep_wording import counted, levels_text, listed
from rankdistill.sweeps.sweep_folder import Sweep, is_seed
from rankdistill.sweeps.sweep_job import FAILED, OK, UNFINISHED, SweepJob


@dataclass(frozen=True)
class ReportFigure:
    """A picture of the report.

    Attributes:
        path: Of the PNG, in the folder "figures" of the report.
        title: Of one line; also read out where the picture cannot be seen.
        note: How to read it.
        width: In inches, which says how small it may become before its words cannot be read.
    """

    path: Path
    title: str
    note: str
    width: float


@dataclass(frozen=True)
class SweepDocument:
    """What a report says, in the order in which it says it.

    Attributes:
        title: Of the page.
        facts: Short statements: how many jobs, of what, on which data.
        errors: How many jobs failed with each one-line error, the most frequent first.
        reading: Sentences on what matters.
        figures: All that were drawn.
        tables: Configurations, best per level, effects; none where no job ended well.
        jobs: Every job.
    """

    title: str
    facts: tuple[str, ...]
    errors: tuple[tuple[str, int], ...]
    reading: tuple[str, ...]
    figures: tuple[ReportFigure, ...]
    tables: tuple[Table, ...]
    jobs: Table


def make_document(
    sweeps: Sequence[Sweep],
    axes: Sequence[str],
    jobs: Sequence[SweepJob],
    summary: Mapping[str, Any],
    figures: Iterable[ReportFigure],
) -> SweepDocument:
    """Put a report together.

    Args:
        sweeps: What was read.
        axes: Of the jobs, seeds among them.
        jobs: Of all sweeps, with a value for every axis.
        summary: What evaluation made of those that ended well.
        figures: Drawn from the same.
    """
    failed = Counter(job.error or "no reason given" for job in jobs if job.status == FAILED)
    makers = (configurations_table, best_per_level_table, effects_table)
    tables = [make(summary) for make in makers] if summary["configurations"] else []
    return SweepDocument(
        title=f"Sweep report: {listed([sweep.name for sweep in sweeps])}",
        facts=tuple(_facts(sweeps, axes, jobs, summary)),
        errors=tuple(failed.most_common()),
        reading=tuple(reading(summary)),
        figures=tuple(figures),
        tables=tuple(table for table in tables if table.rows),
        jobs=jobs_table(jobs, axes, summary["metric"] if tables else None),
    )


def _facts(
    sweeps: Sequence[Sweep],
    axes: Sequence[str],
    jobs: Sequence[SweepJob],
    summary: Mapping[str, Any],
) -> Iterable[str]:
    counts = Counter(job.status for job in jobs)
    not_started = sum(sweep.num_not_started for sweep in sweeps)
    parts = [f"{counts[status]:,} {status}" for status in (OK, FAILED, UNFINISHED)]
    waiting = [f"{not_started:,} not started"] if not_started else []
    yield f"{counted(len(jobs) + not_started, 'job')}: {', '.join([*parts, *waiting])}."
    seeds = [axis for axis in axes if is_seed(axis)]
    swept = [axis for axis in axes if not is_seed(axis)]
    if axes:
        over = f", over {listed(seeds)}" if seeds else ""
        yield f"Swept: {listed(swept) or 'seeds alone'}{over}."
    if summary["fixed"]:
        yield f"The same in all that ended well: {levels_text(summary['fixed'], swept)}."
    if data := sorted({str(job.data["name"]) for job in jobs if "name" in job.data}):
        yield f"Data: {listed(data)}."
    if len(codes := {job.code for job in jobs if job.status == OK}) > 1:
        yield f"The jobs were run by {len(codes)} versions of the program."
