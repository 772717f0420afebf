"""The tables of a cascade's report about models on the main log, and their paired tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rankdistill.cascade.model_names import FINAL_RANKER
from rankdistill.cascade.reporting.contents import focus, metrics_of
from rankdistill.cascade.reporting.wording import model_label, relative_text, share_text
from rankdistill.metrics.directions import less_is_better
from rankdistill.reporting.report_table import (
    Cell,
    Table,
    make_table,
    metric_cell,
    number_cell,
    tested_cells,
    thousands,
)
from rankdistill.reporting.wording import metric_label

_OF_A_TASK = (
    "ce",
    "normalised_entropy",
    "teacher_ce",
    "alignment_ratio",
    "calibration",
    "calibration_error",
)


def headline_table(result: Mapping[str, Any]) -> Table:
    """A row per model: its cost, and its quality alone and in the cascade."""
    look, needed = focus(result), result["needed_cut"]
    metrics = ["ce", "teacher_ce", *look.recalls, look.joint, look.liked]
    metrics += [look.alone, look.after, look.tau]
    rows = []
    for model, summary in result["models"].items():
        cost = result["cost"][FINAL_RANKER if model == FINAL_RANKER else "early_ranker"]
        cut = needed["models"].get(model, {}).get("mean")
        rows.append(
            [
                Cell(model_label(model)),
                number_cell(cost["flops_per_item"], thousands),
                number_cell(cost["microseconds_per_item"], _microseconds),
                number_cell(summary["mean"]["served_parameters"], thousands),
                *metric_cells(metrics, summary),
                number_cell(cut, "{:.1f}".format),
            ]
        )
    return make_table(
        "models",
        "Early rankers beside the final ranker",
        "All early rankers serve the same network. The one that is called none learns from what "
        "users did alone; the others learn from logged scores of the final ranker too. CE is the "
        "cross-entropy in nats against what users did, and against the final ranker's "
        "probabilities; less is better.",
        ["model", "FLOPs per item", "µs per item", "served parameters"],
        [*map(metric_label, metrics)],
        [f"cut for {share_text(needed['share'])} of final's {metric_label(look.alone)}"],
        num_naming=1,
        rows=rows,
    )


def comparisons_table(result: Mapping[str, Any]) -> Table:
    """A row per paired test of one model against another."""
    return make_table(
        "tests",
        "Paired tests",
        "Paired t-tests over users; the interval of the difference and p are adjusted by Holm for "
        "all of them together.",
        ["model", "against", "metric"],
        ["difference", "interval (Holm)", "p (Holm)", "relative", "users"],
        num_naming=3,
        rows=[
            [
                Cell(model_label(test["model"])),
                Cell(model_label(test["against"])),
                Cell(_with_direction(test["metric"])),
                *tested_cells(test, "-"),
                Cell(relative_text(test), test["relative"]),
                number_cell(test["num_users"], thousands),
            ]
            for test in result["tests"]
        ],
    )


def task_table(result: Mapping[str, Any]) -> Table:
    """A row per task and model: how well probabilities fit users and the final ranker."""
    return make_table(
        "tasks",
        "Task by task",
        "Normalised entropy is CE over that of predicting the mean label, 1 is a model that knows "
        "nothing else. The alignment ratio is |CE of final - CE of early| over CE against final. "
        "Calibration is the mean prediction over the mean label.",
        ["task", "model", *map(metric_label, _OF_A_TASK)],
        num_naming=2,
        rows=[
            [
                Cell(task),
                Cell(model_label(model)),
                *metric_cells([f"{name}_{task}" for name in _OF_A_TASK], summary),
            ]
            for task in result["tasks"]
            for model, summary in result["models"].items()
        ],
    )


def metric_cells(metrics: Iterable[str], summary: Mapping[str, Any]) -> list[Cell]:
    """Mean ± deviation of each test metric of a model; a dash where it has none."""
    by_name = {"mean": metrics_of(summary), "std": metrics_of(summary, "std")}
    return [metric_cell(by_name, f"test/{name}") for name in metrics]


def _microseconds(number: float) -> str:
    return f"{number:.3g}" if number < 100 else f"{number:,.0f}"


def _with_direction(metric: str) -> str:
    return f"{metric_label(metric)}{' (less is better)' if less_is_better(metric) else ''}"
