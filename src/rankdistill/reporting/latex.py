"""The tables of a sweep's report as LaTeX, for a paper."""

from __future__ import annotations

from rankdistill.reporting.report_table import Table
from rankdistill.reporting.sweep_document import SweepDocument

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "#": r"\#",
    "$": r"\$",
    "%": r"\%",
    "&": r"\&",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "±": r"$\pm$",
}


def latex_report(document: SweepDocument, top: int) -> str:
    """Write every table of a report but the list of all jobs, with caption and label.

    Args:
        document: The content of the report.
        top: Most rows of the table of configurations.

    Returns:
        LaTeX that needs the packages booktabs and graphicx, and the font encoding T1.
    """
    lines = [
        r"% \usepackage[T1]{fontenc}",
        r"% \usepackage{booktabs,graphicx}",
        "",
    ]
    for table in document.tables:
        lines += _table(table.first(top) if table.name == "configurations" else table)
    if not document.tables:
        lines += ["% " + " ".join(" ".join(document.reading).split())]
    return "\n".join([*lines, ""])


def latex_escaped(text: str) -> str:
    """Escape what LaTeX would read as a command; a number gets a true minus sign."""
    plain = "".join(_ESCAPES.get(character, character) for character in " ".join(text.split()))
    is_negative = text.startswith("-") and text[1:2] in {".", *"0123456789"}
    return f"$-${plain[1:]}" if is_negative else plain


def _table(table: Table) -> list[str]:
    """Write a float whose table is at most as wide as the page."""
    columns = "".join("r" if numeric else "l" for numeric in table.numeric)
    return [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{latex_escaped(table.title)}. {latex_escaped(table.note)}}}",
        rf"\label{{tab:{table.name}}}",
        r"\footnotesize",
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        _row(table.columns),
        r"\midrule",
        *(_row([cell.text for cell in row]) for row in table.rows),
        r"\bottomrule",
        r"\end{tabular}}",
        r"\end{table}",
        "",
    ]


def _row(cells: tuple[str, ...] | list[str]) -> str:
    return " & ".join(latex_escaped(cell) for cell in cells) + r" \\"
