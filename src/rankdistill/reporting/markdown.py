"""A comparison as GitHub Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from rankdistill.reporting.markdown_table import escaped, table_lines
from rankdistill.reporting.report_table import (
    Cell,
    Table,
    make_table,
    metric_cell,
    number_cell,
    tenths,
    thousands,
    whole,
)
from rankdistill.reporting.wording import (
    MODEL_LABELS,
    SIGNIFICANT,
    decimal,
    file_size,
    headline_metrics,
    interval_text,
    listed,
    metric_label,
    notes,
    p_value,
    percentage,
    provenance,
)

_MEASURES = {
    "embedding_dim": ("embedding dim", whole),
    "parameters": ("parameters", thousands),
    "weights_bytes": ("weights", file_size),
    "file_bytes": ("whole file", file_size),
}
_TIMES = {
    "fit_seconds": ("fit time (s)", tenths),
    "rank_all_seconds": ("rank all users (ms)", lambda seconds: f"{1000 * seconds:.1f}"),
    "one_user_seconds": ("one user (ms)", lambda seconds: f"{1000 * seconds:.3f}"),
}

_FEWEST_USERS = 2  # one user has no interval


def comparison_page(comparison: Mapping[str, Any]) -> str:
    """Write the verdict, where the comparison has one, and :func:`comparison_table` below it."""
    verdict = comparison.get("verdict")
    table = comparison_table(comparison)
    return f"**{escaped(verdict['text'])}**\n\n{table}" if verdict else table


def comparison_table(comparison: Mapping[str, Any]) -> str:
    """Write the table of the three models; then the gap closed and the paired tests in words.

    Args:
        comparison: The content of ``comparison.json``.

    Returns:
        Markdown that ends with a line break.
    """
    spread = ", mean ± standard deviation over seeds" if len(comparison["seeds"]) > 1 else ""
    return "\n".join(
        [
            f"Test results on {provenance(comparison)}{spread}.",
            "",
            *table_lines(_table(comparison)),
            "",
            *notes(comparison["data"]),
            *_of_known_users(comparison),
            *_of_method(comparison),
            "Gap closed, the share of the way from student to teacher "
            "(with its 95% interval over users):",
            "",
            *(
                f"- {metric_label(metric)}: {_closed(comparison, metric)}"
                for metric in headline_metrics(comparison)
                if metric in comparison["gap_closed"]
            ),
            "",
            *_tests(comparison["tests"]),
        ]
    )


def _table(comparison: Mapping[str, Any]) -> Table:
    """Make the table of sizes, headline metrics and times, a row per model."""
    metrics = headline_metrics(comparison)
    means = [summary["mean"] for summary in comparison["models"].values()]
    measures, times = (
        {
            name: column
            for name, column in columns.items()
            if any(mean.get(name) is not None for mean in means)
        }
        for columns in (_MEASURES, _TIMES)
    )
    rows = []
    for model, summary in comparison["models"].items():
        mean = summary["mean"]
        by_metric = {statistic: summary[statistic]["metrics"] for statistic in ("mean", "std")}
        rows.append(
            [
                Cell(MODEL_LABELS[model]),
                *(number_cell(mean.get(name), form) for name, (_, form) in measures.items()),
                *(metric_cell(by_metric, f"test/{metric}") for metric in metrics),
                *(number_cell(mean.get(name), form) for name, (_, form) in times.items()),
            ]
        )
    return make_table(
        "models",
        "Models",
        "",
        ["model", *(title for title, _ in measures.values())],
        [metric_label(metric) for metric in metrics],
        [title for title, _ in times.values()],
        num_naming=1,
        rows=rows,
    )


def _of_known_users(comparison: Mapping[str, Any]) -> list[str]:
    """Note the metrics over the users that training knows, where figures are over all users."""
    models = comparison["models"]
    if not all("metrics_of_known_users" in run for run in models["teacher"]["runs"]):
        return []
    told = []
    for metric in headline_metrics(comparison):
        values = [
            f"{label} {decimal(_mean_of_known_users(models[model], metric))}"
            for model, label in MODEL_LABELS.items()
        ]
        told.append(f"{metric_label(metric)} {', '.join(values)}")
    return [f"Note: Over the users that training knows: {'; '.join(told)}.", ""]


def _of_method(comparison: Mapping[str, Any]) -> list[str]:
    """Say by which methods the distilled student learned, where its runs tell."""
    told = comparison["models"]["distilled_student"]["runs"][0].get("distillation")
    if told is None:
        return []
    methods = listed([f"`{method}`" for method in told["methods"]])
    length = "" if told["top_k"] is None else f" and K = {told['top_k']}"
    return [f"The distilled student learned by {methods}, alpha = {told['alpha']:g}{length}.", ""]


def _mean_of_known_users(summary: Mapping[str, Any], metric: str) -> float:
    return fmean(run["metrics_of_known_users"][f"test/{metric}"] for run in summary["runs"])


def _closed(comparison: Mapping[str, Any], metric: str) -> str:
    gap = comparison["gap_closed"][metric]
    if gap["reason"] is None:
        low, high = percentage(gap["ci_low"]), percentage(gap["ci_high"])
        return f"{percentage(gap['value'])} [{low}, {high}]"
    if comparison["num_users"] < _FEWEST_USERS:
        return f"no percentage, {gap['reason']}."
    lead = gap["lead"]
    by = "" if lead is None else f" ({_with_interval(lead)})"
    values = [
        f"the {label} {decimal(comparison['models'][model]['mean']['metrics'][f'test/{metric}'])}"
        for model, label in MODEL_LABELS.items()
    ]
    nothing = "Distillation has nothing to gain here"
    return f"no percentage, {gap['reason']}{by}. {nothing}: {listed(values)}."


def _tests(tests: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write the paired tests, a line each; one line where there are none."""
    if not tests:
        return ["Paired t-tests over users: none.", ""]
    heading = (
        "Paired t-tests over users (with the interval of the difference and p by Holm for all of "
        "them together):"
    )
    return [heading, "", *(f"- {_sentence(test)}" for test in tests), ""]


def _with_interval(estimate: Mapping[str, Any]) -> str:
    return f"{decimal(estimate['difference'], signed=True)} {interval_text(estimate)}"


def _sentence(test: Mapping[str, Any]) -> str:
    a, b = MODEL_LABELS[test["a"]], MODEL_LABELS[test["b"]]
    metric = metric_label(test["metric"])
    numbers = f"{_with_interval(test)}, {p_value(test['p_holm'])}, {test['num_users']:,} users."
    if test["p_holm"] >= SIGNIFICANT:
        return f"Between the {a} and the {b} on {metric} no difference is shown: {numbers}"
    verb = "beats" if test["difference"] > 0 else "falls short of"
    return f"The {a} {verb} the {b} on {metric} by {numbers}"
