"""A comparison as GitHub Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rankdistill.reporting.markdown_table import table_lines
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
    metric_label,
    notes,
    p_value,
    percentage,
    provenance,
)

_MEASURES = {
    "embedding_dim": ("embedding dim", whole),
    "parameters": ("parameters", thousands),
    "weights_bytes": ("weights file", file_size),
}
_TIMES = {
    "fit_seconds": ("fit time (s)", tenths),
    "rank_all_seconds": ("rank all users (ms)", lambda seconds: f"{1000 * seconds:.1f}"),
}


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
            "Gap closed, the share of the way from student to teacher "
            "(with its 95% interval over users):",
            "",
            *(
                f"- {metric_label(metric)}: {_closed(comparison['gap_closed'][metric])}"
                for metric in headline_metrics(comparison)
                if metric in comparison["gap_closed"]
            ),
            "",
            "Paired t-tests over users (with the 95% interval of the difference, "
            "and p by Holm for all of them together):",
            "",
            *(f"- {_sentence(test)}" for test in comparison["tests"]),
            "",
        ]
    )


def _table(comparison: Mapping[str, Any]) -> Table:
    """Make the table of sizes, headline metrics and times, a row per model."""
    metrics = headline_metrics(comparison)
    rows = []
    for model, summary in comparison["models"].items():
        mean = summary["mean"]
        by_metric = {statistic: summary[statistic]["metrics"] for statistic in ("mean", "std")}
        rows.append(
            [
                Cell(MODEL_LABELS[model]),
                *(number_cell(mean.get(name), form) for name, (_, form) in _MEASURES.items()),
                *(metric_cell(by_metric, f"test/{metric}") for metric in metrics),
                *(number_cell(mean.get(name), form) for name, (_, form) in _TIMES.items()),
            ]
        )
    return make_table(
        "models",
        "Models",
        "",
        ["model", *(title for title, _ in _MEASURES.values())],
        [metric_label(metric) for metric in metrics],
        [title for title, _ in _TIMES.values()],
        num_naming=1,
        rows=rows,
    )


def _closed(gap: Mapping[str, float | None]) -> str:
    value, low, high = gap["value"], gap["ci_low"], gap["ci_high"]
    if value is None:
        return "there is none, the teacher is not better than the student"
    if low is None or high is None:
        return f"{percentage(value)}, but the teacher's lead over the student may be chance"
    return f"{percentage(value)} [{percentage(low)}, {percentage(high)}]"


def _sentence(test: Mapping[str, Any]) -> str:
    a, b = MODEL_LABELS[test["a"]], MODEL_LABELS[test["b"]]
    metric = metric_label(test["metric"])
    numbers = (
        f"{decimal(test['difference'], signed=True)} {interval_text(test)}, "
        f"{p_value(test['p_holm'])}, {test['num_users']:,} users."
    )
    if test["p_holm"] >= SIGNIFICANT:
        return f"Between the {a} and the {b} on {metric} no difference is shown: {numbers}"
    verb = "beats" if test["difference"] > 0 else "falls short of"
    return f"The {a} {verb} the {b} on {metric} by {numbers}"
