"""A cascade's result as GitHub Markdown, aligned so that it reads as well in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from rankdistill.cascade.reporting.log_tables import corruption_table, logged_table
from rankdistill.cascade.reporting.reading import cascade_reading
from rankdistill.cascade.reporting.request_cost import cost_sentence
from rankdistill.cascade.reporting.tables import headline_table, task_table
from rankdistill.cascade.reporting.wording import (
    IN_SENTENCES,
    SIGNIFICANT,
    focus,
    gain,
    relative_text,
    share_text,
)
from rankdistill.reporting.sweep_document import ReportFigure
from rankdistill.reporting.sweep_job import mapping, numbers, sequence
from rankdistill.reporting.sweep_markdown import escaped, table_lines
from rankdistill.reporting.sweep_wording import counted, listed
from rankdistill.reporting.wording import decimal, less_is_better, metric_label, p_value, provenance

_FAULTS = {
    "not_logged": "without logged scores",
    "marked_invalid": "marked invalid",
    "not_finite": "with scores that are not finite",
    "out_of_range": "with scores outside [0, 1]",
}


def cascade_report(result: Mapping[str, Any], figures: Iterable[ReportFigure] = ()) -> str:
    """All that a result holds; parts that it lacks are left out.

    Args:
        result: The content of ``cascade.json``.
        figures: Of :func:`cascade_figures`; they lie in the folder "figures" beside the report.

    Returns:
        Markdown that ends with a line break.
    """
    lines = ["# An early ranker taught by a final ranker", "", cascade_section(result)]
    for table in (task_table(result), logged_table(result), corruption_table(result)):
        if table.rows:
            lines += [f"## {table.title}", "", *table_lines(table), "", table.note, ""]
    for figure in figures:
        name = f"figures/{quote(figure.path.name)}"
        lines += [f"![{escaped(figure.title)}]({name})", "", escaped(figure.note), ""]
    if result.get("machine"):
        lines += [f"Measured on {escaped(str(result['machine']))}.", ""]
    return "\n".join(lines)


def cascade_section(result: Mapping[str, Any]) -> str:
    """What a README shows of a result: the models, what sets them apart, and when to take which.

    Args:
        result: The content of ``cascade.json``.

    Returns:
        Markdown that ends with a line break.
    """
    spread = ", mean ± standard deviation over seeds" if len(result["seeds"]) > 1 else ""
    known = {"data": mapping(result.get("data")), "seeds": result["seeds"]}
    table = headline_table(result)
    lines = [f"Test results on {escaped(provenance(known))}{spread}.", ""]
    lines += [*table_lines(table), "", table.note, ""]
    if facts := " ".join(_facts(result)):
        lines += [facts, ""]
    if tests := sequence(result.get("tests")):
        lines += [
            "Paired t-tests over users (with the 95% interval of the difference, "
            "and p by Holm for all of them together):",
            "",
            *(f"- {_sentence(test)}" for test in tests),
            "",
        ]
    return "\n".join([*lines, cascade_reading(result), ""])


def _facts(result: Mapping[str, Any]) -> Iterable[str]:
    data = mapping(result.get("data"))
    if requests := numbers(mapping(data.get("requests"))):
        parts = [f"{number:,.0f} in {part}" for part, number in requests.items()]
        users = numbers(data).get("test_users")
        of_users = "" if users is None else f", where {counted(round(users), 'user')} count"
        yield f"Requests: {', '.join(parts)}{of_users}."
    if (candidates := numbers(data).get("candidates_per_request")) is not None:
        yield f"A request has {candidates:,.1f} candidates on average."
    if sentence := cost_sentence(result, focus(result).kept):
        yield sentence
    yield from _log(numbers(mapping(result.get("log"))))


def _log(log: Mapping[str, float]) -> Iterable[str]:
    """The rows of the training log, and why some of them teach nothing of the final ranker."""
    if not log.get("rows") or "usable" not in log:
        return
    faults = [f"{log[name]:,.0f} {words}" for name, words in _FAULTS.items() if name in log]
    without = f"; left out are {listed(faults)}" if faults else ""
    yield (
        f"Of {log['rows']:,.0f} rows of the training log {log['usable']:,.0f} "
        f"({share_text(log['usable'] / log['rows'])}) have teacher scores to learn from{without}. "
        "What users did counts in all rows."
    )


def _sentence(test: Mapping[str, Any]) -> str:
    model, against = (IN_SENTENCES.get(test[key], test[key]) for key in ("model", "against"))
    metric = metric_label(test["metric"])
    metric += " (less is better)" if less_is_better(test["metric"]) else ""
    low, high = (decimal(test[end], signed=True) for end in ("ci_low", "ci_high"))
    relative = f" ({relative_text(test)})" if relative_text(test) else ""
    figures: Sequence[str] = (
        f"{decimal(test['difference'], signed=True)}{relative} [{low}, {high}]",
        p_value(test["p_holm"]),
        f"{test['num_users']:,} users.",
    )
    if test["p_holm"] >= SIGNIFICANT:
        return (
            f"Between the {model} and the {against} on {metric} no difference is shown: "
            f"{', '.join(figures)}"
        )
    verb = "beats" if gain(test) > 0 else "falls short of"
    return f"The {model} {verb} the {against} on {metric} by {', '.join(figures)}"
