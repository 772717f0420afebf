"""The tables of a cascade's report, before they become Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rankdistill.cascade.reporting.wording import (
    CASCADE_LABELS,
    FINAL,
    focus,
    metrics_of,
    share_text,
    students_of,
)
from rankdistill.reporting.report_table import (
    Cell,
    Table,
    make_table,
    metric_cell,
    number_cell,
)
from rankdistill.reporting.sweep_job import mapping, numbers, sequence
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
    """A row per model: what it costs, and what it is worth alone and in the cascade."""
    look, models = focus(result), _models(result)
    liked = look.joint.replace("joint_recall@", "joint_recall_liked@")
    of_the_cut = [look.recall, look.joint, liked, look.alone, look.after, look.tau]
    metrics = measured(["ce", "teacher_ce", *of_the_cut], models.values())
    needed = mapping(result.get("needed_cut"))
    rows = []
    for model, summary in models.items():
        ranker = FINAL if model == FINAL else "early_ranker"
        cost = numbers(mapping(mapping(result.get("cost")).get(ranker)))
        served = numbers(mapping(summary.get("mean"))).get("served_parameters")
        rows.append(
            [
                Cell(CASCADE_LABELS[model]),
                number_cell(cost.get("flops_per_item"), thousands),
                number_cell(cost.get("microseconds_per_item"), _microseconds),
                number_cell(served, thousands),
                *metric_cells(metrics, summary),
                _cut_cell(mapping(mapping(needed.get("models")).get(model))),
            ]
        )
    share = numbers(needed).get("share")
    last = (
        "needed cut"
        if share is None
        else f"cut for {share_text(share)} of final's {metric_label(look.alone)}"
    )
    return of_columns_with_values(
        "models",
        "Early rankers beside the final ranker",
        "All early rankers serve the same network. The one that is called none learns from what "
        "users did alone; the others learn from logged scores of the final ranker too. CE is the "
        "cross-entropy in nats against what users did, and against the final ranker's "
        "probabilities; less is better.",
        ["model", "FLOPs per item", "µs per item", "served parameters"],
        [*map(metric_label, metrics), last],
        num_naming=1,
        rows=rows,
    )


def task_table(result: Mapping[str, Any]) -> Table:
    """A row per task and model: how well probabilities fit users and the final ranker."""
    models = _models(result)
    return of_columns_with_values(
        "tasks",
        "Task by task",
        "Normalised entropy is CE over that of predicting the mean label, 1 is a model that knows "
        "nothing else. The alignment ratio is |CE of final - CE of early| over CE against final. "
        "Calibration is the mean prediction over the mean label.",
        ["task", "model", *map(metric_label, _OF_A_TASK)],
        num_naming=2,
        rows=[
            [
                Cell(str(task)),
                Cell(CASCADE_LABELS[model]),
                *metric_cells([f"{name}_{task}" for name in _OF_A_TASK], summary),
            ]
            for task in sequence(result.get("tasks"))
            for model, summary in models.items()
        ],
    )


def _models(result: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The final ranker, where it is there, and the early ones."""
    models = mapping(result.get("models"))
    return {**({FINAL: models[FINAL]} if FINAL in models else {}), **students_of(result)}


def measured(metrics: Sequence[str], summaries: Iterable[Mapping[str, Any]]) -> list[str]:
    """Those of the metrics that at least one of the models has on test."""
    known = {name for summary in summaries for name in metrics_of(summary)}
    return [name for name in metrics if f"test/{name}" in known]


def metric_cells(metrics: Iterable[str], summary: Mapping[str, Any]) -> list[Cell]:
    """Mean ± deviation of each metric of a model on test."""
    by_name = {"mean": metrics_of(summary), "std": metrics_of(summary, "std")}
    return [metric_cell(by_name, f"test/{name}") for name in metrics]


def _cut_cell(needed: Mapping[str, Any]) -> Cell:
    """Mean ± deviation, to a tenth of an item."""
    known = numbers(needed)
    if "mean" not in known:
        return Cell("-")
    spread = f" ± {known['std']:.1f}" if "std" in known else ""
    return Cell(f"{known['mean']:.1f}{spread}", known["mean"])


def of_columns_with_values(
    name: str,
    title: str,
    note: str,
    *columns: Sequence[str],
    num_naming: int,
    rows: Sequence[Sequence[Cell]],
) -> Table:
    """The table without the columns in which every cell is a dash."""
    titles = [each for group in columns for each in group]
    kept = [
        place
        for place in range(len(titles))
        if place < num_naming or any(row[place].text != "-" for row in rows)
    ]
    return make_table(
        name,
        title,
        note,
        [titles[place] for place in kept],
        num_naming=num_naming,
        rows=[[row[place] for place in kept] for row in rows],
    )


def thousands(number: float) -> str:
    """``1,234``."""
    return f"{number:,.0f}"


def _microseconds(number: float) -> str:
    return f"{number:.3g}" if number < 100 else f"{number:,.0f}"
