"""The tables of a sweep's report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rankdistill.reporting.report_table import (
    RANK,
    Cell,
    Table,
    level_cell,
    make_table,
    metric_cell,
    number_cell,
    tenths,
    tested_cells,
    whole,
)
from rankdistill.reporting.wording import (
    HEADLINE,
    NONE,
    REFERENCE_LABELS,
    file_size,
    levels_text,
    metric_label,
    percentage,
)
from rankdistill.sweeps.levels import level_text
from rankdistill.sweeps.sweep_job import SweepJob


def configurations_table(summary: Mapping[str, Any]) -> Table:
    """List every configuration, the best on validation first, with its test against a baseline."""
    metric = summary["metric"]
    metrics = [metric, *(name for name in HEADLINE if name != metric and _known(summary, name))]
    label = metric_label(metric)
    return make_table(
        "configurations",
        "Configurations, the best on validation first",
        "Mean ± standard deviation over seeds. Configurations are ordered by their mean on "
        f"validation; values on test play no part in the order. {_baseline_note(summary)}",
        [RANK, *summary["axes"], "seeds", f"val {label}"],
        [f"test {metric_label(name)}" for name in metrics],
        ["weights", "fit time (s)", f"test {label} - baseline", "interval (Holm)", "p (Holm)"],
        num_naming=1 + len(summary["axes"]),
        rows=[
            [
                Cell(str(rank), rank),
                *(level_cell(each["levels"].get(axis, NONE)) for axis in summary["axes"]),
                Cell(str(each["num_seeds"]), each["num_seeds"]),
                metric_cell(each, f"val/{metric}"),
                *(metric_cell(each, f"test/{name}") for name in metrics),
                number_cell(each["measures"].get("weights_bytes"), file_size),
                number_cell(each["measures"].get("fit_seconds"), tenths),
                *tested_cells(each["test"], "baseline" if each["is_baseline"] else NONE),
            ]
            for rank, each in enumerate(summary["configurations"], start=1)
        ],
    )


def references_table(summary: Mapping[str, Any]) -> Table:
    """List the teachers and the plain students that the configurations are compared with."""
    metric = summary["metric"]
    metrics = [metric, *(name for name in HEADLINE if name != metric and _known(summary, name))]
    return make_table(
        "references",
        "Teacher and plain student",
        "Mean ± standard deviation over the different models of a line. Where no one axis of the "
        "sweep tells models apart, a line is their mean.",
        ["model", "with", "models", f"val {metric_label(metric)}"],
        [f"test {metric_label(name)}" for name in metrics],
        ["weights"],
        num_naming=2,
        rows=[
            [
                Cell(REFERENCE_LABELS[each["model"]]),
                Cell(levels_text(each["levels"], list(each["levels"])) or NONE),
                Cell(str(each["num_runs"]), each["num_runs"]),
                metric_cell(each, f"val/{metric}"),
                *(metric_cell(each, f"test/{name}") for name in metrics),
                number_cell(each["measures"].get("weights_bytes"), file_size),
            ]
            for each in summary["references"]
        ],
    )


def best_per_level_table(summary: Mapping[str, Any]) -> Table:
    """List for each level of each axis the configuration that validates best."""
    metric = summary["metric"]
    label = metric_label(metric)
    rows = []
    for each in summary["best_per_level"]:
        best = summary["configurations"][each["configuration"]]
        others = [axis for axis in summary["axes"] if axis != each["axis"]]
        rows.append(
            [
                Cell(each["axis"]),
                Cell(level_text(each["level"])),
                Cell(levels_text(best["levels"], others) or NONE),
                Cell(f"#{each['configuration'] + 1}", each["configuration"] + 1),
                metric_cell(best, f"val/{metric}"),
                metric_cell(best, f"test/{metric}"),
            ]
        )
    return make_table(
        "best-per-level",
        "The best configuration of each level",
        "Among the configurations with a level, the one with the highest mean on validation. "
        "Values are mean ± standard deviation over seeds.",
        ["axis", "level", "with", "configuration", f"val {label}", f"test {label}"],
        num_naming=2,
        rows=rows,
    )


def effects_table(summary: Mapping[str, Any]) -> Table:
    """List the mean of each level over all other axes, and its test against the best level."""
    label = metric_label(summary["metric"])
    rows = [
        [
            Cell(effect["axis"]),
            Cell(level_text(level["level"])),
            number_cell(effect["eta_squared"], percentage),
            number_cell(effect["range"]),
            number_cell(level["val"]),
            number_cell(level["test"]),
            *tested_cells(
                level["versus_best"], "best" if level["level"] == effect["best"] else NONE
            ),
            Cell(
                f"{effect['num_complete']} of {effect['num_combinations']}", effect["num_complete"]
            ),
        ]
        for effect in summary["effects"]
        for level in effect["levels"]
    ]
    return make_table(
        "effects",
        "Marginal effect of each axis",
        "Means over all other axes, over the combinations that were run with every level of the "
        "axis (the last column counts them). Where there is none, means are over all "
        "combinations, and levels then differ in the other axes too. The share is eta squared of "
        "the means of configurations. The range is from the lowest to the highest mean on test. "
        "Each level is tested against the one that is best on validation, over pairs of runs that "
        "differ in this axis alone; interval and p by Holm for all axes together. Pairs share "
        "seeds and users: read p as a guide.",
        ["axis", "level", "share of variance", "range", f"val {label}", f"test {label}"],
        [f"test {label} - best level", "interval (Holm)", "p (Holm)", "complete"],
        num_naming=2,
        rows=rows,
    )


def jobs_table(jobs: Iterable[SweepJob], axes: Sequence[str], metric: str | None) -> Table:
    """List every job and what became of it."""
    parts = ("val", "test") if metric else ()
    return make_table(
        "jobs",
        "Jobs",
        "Every job that has a folder. Where the best epoch was the last that trainer.max_epochs "
        "allowed, the job was not done.",
        ["job", "status", *axes, "seconds", "best epoch"],
        [f"{part} {metric_label(metric or '')}" for part in parts],
        ["error"],
        num_naming=1,
        rows=[
            [
                Cell(job.name),
                Cell(job.status),
                *(level_cell(job.axes[axis]) for axis in axes),
                number_cell(job.record.seconds, tenths),
                number_cell(
                    job.result.measures.get("best_epoch"),
                    _not_done if job.was_cut_short else whole,
                ),
                *(number_cell(job.result.metrics.get(f"{part}/{metric}")) for part in parts),
                Cell(job.record.error or NONE),
            ]
            for job in jobs
        ],
    )


def _not_done(best_epoch: float) -> str:
    return f"{whole(best_epoch)}, not done"


def _known(summary: Mapping[str, Any], metric: str) -> bool:
    return any(f"test/{metric}" in each["mean"] for each in summary["configurations"])


def _baseline_note(summary: Mapping[str, Any]) -> str:
    over = (
        "in a paired t-test over users, whose values are averaged over the seeds that both have; "
        "interval and p by Holm for all configurations together."
    )
    if summary["baseline"] is None:
        first = levels_text(summary["first"], summary["axes"]) or "the only one there is"
        return f"Each is compared with the first configuration of the sweep ({first}) {over}"
    twin = levels_text(summary["baseline"], list(summary["baseline"]))
    return f"Each is compared with its own twin that has {twin} and is alike in all else, {over}"
