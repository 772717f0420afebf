"""A sweep's report as one HTML page that needs no other file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template

from rankdistill.reporting.adaptive_svg import inlined
from rankdistill.reporting.report_table import RANK, Cell, Table
from rankdistill.reporting.sweep_document import ReportFigure, SweepDocument
from rankdistill.reporting.wording import counted

_BESIDE = Path(__file__).parent


def html_report(document: SweepDocument) -> str:
    """Write the whole report, with its figures inside and tables that sort and filter.

    The page's content security policy lets a browser run its one script and load nothing. All
    that comes from files is escaped.

    Args:
        document: The content of the report; the files of its figures are read.
    """
    style, script = (
        (_BESIDE / name).read_text(encoding="utf-8") for name in ("report.css", "report.js")
    )
    page = Template((_BESIDE / "report.html.template").read_text(encoding="utf-8"))
    return page.substitute(
        title=escape(document.title),
        style=style,
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        facts="".join(f"<p>{escape(fact)}</p>" for fact in document.facts),
        errors=_errors(document.errors),
        reading=escape(" ".join(document.reading)),
        figures="".join(_figure(figure) for figure in document.figures),
        tables="".join(_table(table) for table in document.tables),
        jobs=_table(document.jobs, is_open=not document.tables),
    )


def _errors(errors: Iterable[tuple[str, int]]) -> str:
    items = [
        f"<li><b>{counted(number, 'job')}:</b> {escape(error)}</li>" for error, number in errors
    ]
    return f'<ul class="errors">{"".join(items)}</ul>' if items else ""


def _figure(figure: ReportFigure) -> str:
    drawing = figure.path.with_suffix(".svg").read_text(encoding="utf-8")
    title = escape(figure.title)
    return (
        f'<figure><div class="picture" role="img" aria-label="{title}">{inlined(drawing)}</div>'
        f"<figcaption><b>{title}.</b> {escape(figure.note)}</figcaption></figure>"
    )


def _table(table: Table, is_open: bool = True) -> str:
    """Write a table that folds behind its title, with a box to filter its rows.

    Where several columns name a row, a first column sums them up: a narrow page shows that one,
    of the class "name", and a wide page shows those of the class "part".
    """
    summed_up = table.num_naming if table.num_naming > 1 else 0
    kinds = [
        " ".join(["number"] * numeric + ["part"] * (place < summed_up))
        for place, numeric in enumerate(table.numeric)
    ]
    head = [_heading(title, kind) for title, kind in zip(table.columns, kinds, strict=True)]
    body = [_row(row, kinds) for row in table.rows]
    if summed_up:
        head = [_heading("name", "name"), *head]
        names = [" ".join(cell.text for cell in row[:summed_up]) for row in table.rows]
        body = [
            f'<th class="name" scope="row">{escape(n)}</th>{b}'
            for n, b in zip(names, body, strict=True)
        ]
    return (
        f'<details id="{escape(table.name)}"{" open" if is_open else ""}>'
        f"<summary><h2>{escape(table.title)}</h2></summary><p>{escape(table.note)}</p>"
        '<label>Show rows with <input type="search" placeholder="any words"></label>'
        f'<output aria-live="polite">{counted(len(table.rows), "row")}</output>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(table.title)}">'
        f"<table><thead><tr>{''.join(head)}</tr></thead><tbody>"
        f"{''.join(f'<tr>{row}</tr>' for row in body)}</tbody></table></div></details>"
    )


def _heading(title: str, kind: str) -> str:
    """Write a column's title as a button that sorts; a table with a rank starts sorted by it."""
    is_sorted = ' aria-sort="ascending"' if title == RANK else ""
    return (
        f'<th scope="col"{_class(kind)}{is_sorted}><button type="button">{escape(title)}'
        '<span aria-hidden="true"></span></button></th>'
    )


def _row(row: Iterable[Cell], kinds: Iterable[str]) -> str:
    """Write cells with the number that they sort by."""
    cells = []
    for cell, kind in zip(row, kinds, strict=True):
        value = "" if cell.number is None else f' data-number="{cell.number!r}"'
        cells.append(f"<td{_class(kind)}{value}>{escape(cell.text)}</td>")
    return "".join(cells)


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
