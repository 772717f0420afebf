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
    lines = [f"# {_escaped(document.title)}", "", *map(_escaped, document.facts), ""]
    if document.errors:
        lines += ["Failed:", ""]
        lines += [f"- {counted(number, 'job')}: {_escaped(e)}" for e, number in document.errors]
        lines += [""]
    lines += ["## What matters", "", " ".join(map(_escaped, document.reading)), ""]
    for table in document.tables:
        shown = table.first(top) if table.name == "configurations" else table
        lines += [f"## {_escaped(table.title)}", "", *_table(shown), ""]
        if len(shown.rows) < len(table.rows):
            lines += [f"{len(shown.rows)} of {len(table.rows)}; all are in report.html.", ""]
        lines += [_escaped(table.note), ""]
    for figure in document.figures:
        name = f"figures/{quote(figure.path.name)}"
        lines += [f"![{_escaped(figure.title)}]({name})", "", _escaped(figure.note), ""]
    return "\n".join(lines)


def _table(table: Table) -> Iterable[str]:
    """Lines of one width, so that it reads as well in a terminal; numbers to the right."""
    cells = [[_escaped(cell.text) for cell in row] for row in table.rows]
    rows = [[_escaped(column) for column in table.columns], *cells]
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


def _escaped(text: str) -> str:
    """Text that stays text: no tag, no cell, no link, no emphasis."""
    plain = html.escape(" ".join(text.split()), quote=False)
    for character in "\\|*`":
        plain = plain.replace(character, f"\\{character}")
    return plain.replace("](", "]\\(")
