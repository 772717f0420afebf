"""Tables of a Markdown text, read back."""

from __future__ import annotations


def rows_of(text: str, first_title: str) -> list[dict[str, str]]:
    """Cells of the table whose header begins so, by title; one dictionary per row."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first_title} "))
    table = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    header, _, *rows = table
    return [dict(zip(header, row, strict=True)) for row in rows]
