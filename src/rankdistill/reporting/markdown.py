"""A comparison as GitHub Markdown, aligned so that it reads as well in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rankdistill.reporting.wording import (
    MODEL_LABELS,
    decimal,
    file_size,
    headline_metrics,
    metric_label,
    notes,
    p_value,
    percentage,
    provenance,
)

_SIGNIFICANT = 0.05
_MISSING = "-"


def comparison_table(comparison: Mapping[str, Any]) -> str:
    """The table of the three models, the gap closed and the paired tests in sentences.

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
            *_aligned(_table(comparison)),
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


def _table(comparison: Mapping[str, Any]) -> list[list[str]]:
    """Rows of cells, the header first."""
    measures: list[tuple[str, str, Callable[[float], str]]] = [
        ("embedding dim", "embedding_dim", lambda value: f"{value:.0f}"),
        ("parameters", "parameters", lambda value: f"{value:,.0f}"),
        ("weights file", "weights_bytes", file_size),
    ]
    times: list[tuple[str, str, Callable[[float], str]]] = [
        ("fit time (s)", "fit_seconds", lambda value: f"{value:.1f}"),
        ("rank all users (ms)", "rank_all_seconds", lambda value: f"{value * 1000:.1f}"),
    ]
    metrics = headline_metrics(comparison)
    header = [
        "model",
        *(title for title, *_ in measures),
        *(metric_label(metric) for metric in metrics),
        *(title for title, *_ in times),
    ]
    rows = [header]
    for model, summary in comparison["models"].items():
        mean, std = summary["mean"], summary["std"]
        rows.append(
            [
                MODEL_LABELS[model],
                *(_number(mean, name, form) for _, name, form in measures),
                *(
                    _with_deviation(mean["metrics"][key], std["metrics"][key])
                    for key in (f"test/{metric}" for metric in metrics)
                ),
                *(_number(mean, name, form) for _, name, form in times),
            ]
        )
    return rows


def _number(mean: Mapping[str, Any], name: str, form: Callable[[float], str]) -> str:
    return form(mean[name]) if name in mean else _MISSING


def _with_deviation(mean: float, std: float | None) -> str:
    return decimal(mean) if std is None else f"{decimal(mean)} ± {decimal(std)}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Table lines of one width; the first column to the left, numbers to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [
        [row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]
        for row in (rows[0], rule, *rows[1:])
    ]
    return [f"| {' | '.join(cells)} |" for cells in lines]


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
    low, high = (decimal(test[end], signed=True) for end in ("ci_low", "ci_high"))
    numbers = (
        f"{decimal(test['difference'], signed=True)} [{low}, {high}], "
        f"{p_value(test['p_holm'])}, {test['num_users']:,} users."
    )
    if test["p_holm"] >= _SIGNIFICANT:
        return f"Between the {a} and the {b} on {metric} no difference is shown: {numbers}"
    verb = "beats" if test["difference"] > 0 else "falls short of"
    return f"The {a} {verb} the {b} on {metric} by {numbers}"
