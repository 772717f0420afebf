"""A sweep's report as GitHub Markdown."""

from __future__ import annotations

from urllib.parse import quote

from rankdistill.reporting.markdown_table import escaped, table_lines
from rankdistill.reporting.sweep_document import SweepDocument
from rankdistill.reporting.wording import counted


def markdown_report(document: SweepDocument, top: int) -> str:
    """Write the report without the list of all jobs.

    Args:
        document: The content of the report.
        top: Most rows of the table of configurations.

    Returns:
        Markdown that ends with a line break; its figures are in the folder "figures" beside it.
    """
    lines = [f"# {escaped(document.title)}", "", *map(escaped, document.facts), ""]
    if document.errors:
        lines += ["Failed:", ""]
        lines += [f"- {counted(number, 'job')}: {escaped(e)}" for e, number in document.errors]
        lines += [""]
    lines += ["## What matters", "", " ".join(map(escaped, document.reading)), ""]
    for table in document.tables:
        shown = table.first(top) if table.name == "configurations" else table
        lines += [f"## {escaped(table.title)}", "", *table_lines(shown), ""]
        if len(shown.rows) < len(table.rows):
            lines += [f"{len(shown.rows)} of {len(table.rows)}; all are in report.html.", ""]
        lines += [escaped(table.note), ""]
    for figure in document.figures:
        name = f"figures/{quote(figure.path.name)}"
        lines += [f"![{escaped(figure.title)}]({name})", "", escaped(figure.note), ""]
    return "\n".join(lines)
