"""A sweep's report as GitHub Markdown."""

from __future__ import annotations

import html
from collections.abc import Iterable
from urllib.parse import quote

from rankdistill.reporting.report_table import Table
from rankdistill.reporting.sweep_document import SweepDocument
from rankdistill.reporting.sweep_wording import counted


def markdown_report(document: SweepDocument, top: int) -> str:
    """The report without the list of all jobs.

    Args:
        document: What to say.
        top: Rows at most of the table of configurations.

    Returns:
        Markdown that ends with a line break; figures lie in the folder "figures" beside it.
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


def table_lines(table: Table) -> Iterable[str]:
    """Lines of one width, so that it reads as well in a terminal; numbers to the right."""
    cells = [[escaped(cell.text) for cell in row] for row in table.rows]
    rows = [[escaped(column) for column in table.columns], *cells]
    widths = [max(3, *map(len, column)) for column in zip(*rows, strict=True)]
    rule = [
        "-" * (width - 1) + (":" if numeric else "-")
        for width, numeric in zip(widths, table.numeric, strict=True)
    ]
    for row in (rows[0], rule, *cells):
        aligned = [
            cell.rjust(width) if numeric else cell.ljust(width)
            for cell, width, numeric in zip(row, widths, table.numeric, strict=True)
        ]
        yield f"| {' | '.join(aligned)} |"


def escaped(text: str) -> str:
    """Text that stays text: no tag, no cell, no link, no emphasis."""
    plain = html.escape(" ".join(text.split()), quote=False)
    for character in "\\|*`":
        plain = plain.replace(character, f"\\{character}")
    return plain.replace("](", "]\\(")
