"""The content of a sweep's report, before it becomes Markdown, LaTeX or HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rankdistill.reporting.report_table import Table
from rankdistill.reporting.sweep_reading import reading
from rankdistill.reporting.sweep_tables import (
    best_per_level_table,
    configurations_table,
    effects_table,
    jobs_table,
    references_table,
)
from rankdistill.reporting.wording import counted, levels_text, listed
from rankdistill.sweeps.job_record import FAILED, OK
from rankdistill.sweeps.levels import is_seed
from rankdistill.sweeps.summary import SweepSummary
from rankdistill.sweeps.sweep_job import UNFINISHED

_MOST_NAMES = 5


@dataclass(frozen=True)
class ReportFigure:
    """A figure of the report.

    Attributes:
        path: The PNG file, in the folder "figures" of the report.
        title: One line; screen readers read it.
        note: How to read the figure.
    """

    path: Path
    title: str
    note: str


@dataclass(frozen=True)
class SweepDocument:
    """The content of a report, in order.

    Attributes:
        title: Title of the page.
        facts: Short statements: how many jobs, what was swept, on which data.
        errors: Each one-line error and how many jobs failed with it, the most frequent first.
        reading: Sentences on what matters.
        figures: All figures.
        tables: Configurations, the models they are compared with, best per level and effects; none
            where no job ended well.
        jobs: The table of all jobs.
    """

    title: str
    facts: tuple[str, ...]
    errors: tuple[tuple[str, int], ...]
    reading: tuple[str, ...]
    figures: tuple[ReportFigure, ...]
    tables: tuple[Table, ...]
    jobs: Table


def make_document(summary: SweepSummary, figures: Iterable[ReportFigure]) -> SweepDocument:
    """Put a report together from a summary and the figures that were drawn from it."""
    numbers, jobs = summary.numbers, summary.jobs
    errors = Counter(job.record.error or "no reason given" for job in jobs if job.status == FAILED)
    makers = (configurations_table, references_table, best_per_level_table, effects_table)
    tables = [make(numbers) for make in makers] if numbers["configurations"] else []
    return SweepDocument(
        title=f"Sweep report: {listed([sweep.name for sweep in summary.sweeps])}",
        facts=tuple(_facts(summary)),
        errors=tuple(errors.most_common()),
        reading=tuple(reading(numbers)),
        figures=tuple(figures),
        tables=tuple(table for table in tables if table.rows),
        jobs=jobs_table(jobs, summary.axes, numbers["metric"] if tables else None),
    )


def _facts(summary: SweepSummary) -> Iterator[str]:
    jobs, fixed = summary.jobs, summary.numbers["fixed"]
    counts = Counter(job.status for job in jobs)
    not_started = sum(sweep.num_not_started for sweep in summary.sweeps)
    parts = [f"{counts[status]:,} {status}" for status in (OK, FAILED, UNFINISHED)]
    waiting = [f"{not_started:,} not started"] if not_started else []
    yield f"{counted(len(jobs) + not_started, 'job')}: {', '.join([*parts, *waiting])}."
    seeds = [axis for axis in summary.axes if is_seed(axis)]
    swept = [axis for axis in summary.axes if not is_seed(axis)]
    if summary.axes:
        over = f", over {listed(seeds)}" if seeds else ""
        yield f"Swept: {listed(swept) or 'seeds alone'}{over}."
    if fixed:
        yield f"Equal in all jobs that ended well: {levels_text(fixed, swept)}."
    if data := sorted({str(job.result.data["name"]) for job in jobs if "name" in job.result.data}):
        yield f"Data: {listed(data)}."
    protocols = {text: None for job in jobs for text in job.result.data.get("protocol") or ()}
    yield from protocols
    if cut_short := [job.name for job in jobs if job.was_cut_short]:
        rest = len(cut_short) - _MOST_NAMES
        others = [counted(rest, "other")] if rest > 0 else []
        yield (
            f"{counted(len(cut_short), 'job')} not done: the best epoch was the last that "
            "trainer.max_epochs allowed, and more may be better: "
            f"{'; '.join([*cut_short[:_MOST_NAMES], *others])}."
        )
    if len(codes := {job.record.code for job in jobs if job.status == OK}) > 1:
        yield f"The jobs were run by {len(codes)} versions of the program."
