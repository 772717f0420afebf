"""Tables and text in GitHub Markdown."""

from __future__ import annotations

import html
from collections.abc import Iterator

from rankdistill.reporting.report_table import Table


def table_lines(table: Table) -> Iterator[str]:
    """Write a table in lines of one width, which also reads well in a terminal.

    Columns that hold numbers are aligned to the right.
    """
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
    """Escape what would become a tag, a cell, a link or emphasis."""
    plain = html.escape(" ".join(text.split()), quote=False)
    for character in "\\|*`":
        plain = plain.replace(character, f"\\{character}")
    return plain.replace("](", "]\\(")
