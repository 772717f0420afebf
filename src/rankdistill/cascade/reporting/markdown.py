"""A cascade's result as GitHub Markdown, aligned so that it reads as well in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from rankdistill.cascade.reporting.contents import focus
from rankdistill.cascade.reporting.findings import findings
from rankdistill.cascade.reporting.log_tables import (
    corruption_table,
    logged_table,
    rescoring_table,
    walk_forward_table,
)
from rankdistill.cascade.reporting.request_cost import (
    cost_sentence,
    request_cost,
    rescoring_sentence,
)
from rankdistill.cascade.reporting.tables import comparisons_table, headline_table, task_table
from rankdistill.cascade.reporting.wording import share_text
from rankdistill.reporting.markdown_table import escaped, table_lines
from rankdistill.reporting.report_table import Table
from rankdistill.reporting.sweep_document import ReportFigure
from rankdistill.reporting.wording import counted, listed, provenance

_FAULTS = {
    "not_logged": "without logged scores",
    "marked_invalid": "marked invalid",
    "not_finite": "with scores that are not finite",
    "out_of_range": "with scores outside [0, 1]",
}


def cascade_report(result: Mapping[str, Any], figures: Iterable[ReportFigure] = ()) -> str:
    """The whole report.

    Args:
        result: The content of ``cascade.json``.
        figures: From ``cascade_figures``; they lie in the folder "figures" beside the report.

    Returns:
        Markdown that ends with a line break.
    """
    lines = ["# An early ranker taught by a final ranker", "", cascade_section(result)]
    tables = (
        comparisons_table,
        task_table,
        rescoring_table,
        logged_table,
        walk_forward_table,
        corruption_table,
    )
    for table in (make(result) for make in tables):
        if table.rows:
            lines += [f"## {table.title}", "", *_with_note(table)]
    for figure in figures:
        name = f"figures/{quote(figure.path.name)}"
        lines += [f"![{escaped(figure.title)}]({name})", "", escaped(figure.note), ""]
    if "machine" in result:
        lines += [f"Measured on {escaped(result['machine'])}.", ""]
    return "\n".join(lines)


def cascade_section(result: Mapping[str, Any]) -> str:
    """The table of models, the facts behind it, and the findings.

    Args:
        result: The content of ``cascade.json``.

    Returns:
        Markdown that ends with a line break.
    """
    spread = ", mean ± standard deviation over seeds" if len(result["seeds"]) > 1 else ""
    lines = [f"Test results on {escaped(provenance(result))}{spread}.", ""]
    lines += [*_with_note(headline_table(result)), " ".join(_facts(result)), ""]
    lines += [f"- {finding}" for finding in findings(result)]
    return "\n".join([*lines, ""])


def _with_note(table: Table) -> list[str]:
    return [*table_lines(table), "", table.note, ""]


def _facts(result: Mapping[str, Any]) -> Iterator[str]:
    data = result["data"]
    parts = [f"{number:,} in {part}" for part, number in data["requests"].items()]
    yield f"Requests: {listed(parts)}, of {counted(data['test_users'], 'test user')}."
    yield f"A request has {data['candidates_per_request']:,.1f} candidates on average."
    yield cost_sentence(request_cost(result), focus(result).kept)
    if log := result["log"]:
        faults = [f"{log[name]:,.0f} {words}" for name, words in _FAULTS.items() if log[name]]
        without = f"; left out are {listed(faults)}" if faults else ""
        yield (
            f"Of {log['rows']:,.0f} rows of the training log {log['usable']:,.0f} "
            f"({share_text(log['usable'] / log['rows'])}) have teacher scores to learn from"
            f"{without}. What users did counts in all rows."
        )
    if rescoring := result["rescoring"]:
        yield rescoring_sentence(rescoring, request_cost(result))
