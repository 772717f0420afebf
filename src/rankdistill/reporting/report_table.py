"""A table of a report before it becomes Markdown, LaTeX or HTML, and how its cells are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from rankdistill.reporting.wording import NONE, decimal, interval_text, mean_text, p_value
from rankdistill.sweeps.levels import level_text

RANK = "#"
"""Title of the column that numbers the rows."""


class Cell(NamedTuple):
    """A cell's text, and the number that it sorts by; None where it holds no number."""

    text: str
    number: float | None = None


@dataclass(frozen=True)
class Table:
    """A table before it becomes Markdown, LaTeX or HTML.

    Attributes:
        name: A short name for anchors and labels.
        title: One line.
        note: How to read the table.
        columns: Titles of the columns.
        numeric: Which of the columns hold numbers.
        rows: A cell per column in each.
        num_naming: How many of the first columns together name a row.
    """

    name: str
    title: str
    note: str
    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]
    num_naming: int

    def first(self, num_rows: int) -> Table:
        """Keep only the first rows."""
        return replace(self, rows=self.rows[:num_rows])


def make_table(
    name: str,
    title: str,
    note: str,
    *columns: Sequence[str],
    num_naming: int,
    rows: Sequence[Sequence[Cell]],
) -> Table:
    """Make a table; a column is numeric where one of its cells has a number.

    Args:
        name: A short name for anchors and labels.
        title: One line.
        note: How to read the table.
        *columns: Titles of the columns, in groups.
        num_naming: How many of the first columns together name a row.
        rows: A cell per column in each.
    """
    titles = [title for group in columns for title in group]
    numeric = [any(row[place].number is not None for row in rows) for place in range(len(titles))]
    return Table(
        name, title, note, tuple(titles), tuple(numeric), tuple(map(tuple, rows)), num_naming
    )


def level_cell(level: Any) -> Cell:
    """Write a level of an axis; it sorts as a number where it is one."""
    is_number = isinstance(level, int | float) and not isinstance(level, bool)
    return Cell(level_text(level), level if is_number else None)


def metric_cell(summary: Mapping[str, Any], metric: str) -> Cell:
    """Write mean ± deviation of a metric such as "test/map@5".

    Args:
        summary: "mean" and "std" by metric.
        metric: Its name.
    """
    mean = summary["mean"].get(metric)
    return Cell(mean_text(mean, summary["std"].get(metric)), mean)


def tested_cells(test: Mapping[str, Any] | None, otherwise: str) -> list[Cell]:
    """Write difference, interval and p of a paired test; ``otherwise`` where there is none."""
    if test is None:
        return [Cell(otherwise), Cell(NONE), Cell(NONE)]
    return [
        Cell(decimal(test["difference"], signed=True), test["difference"]),
        Cell(interval_text(test), test["ci_low"]),
        Cell(p_value(test["p_holm"]).removeprefix("p = ").removeprefix("p "), test["p_holm"]),
    ]


def number_cell(number: float | None, form: Callable[[float], str] = decimal) -> Cell:
    """Write a number in a form; a dash for None."""
    return Cell(NONE) if number is None else Cell(form(number), number)


def tenths(number: float) -> str:
    """Write one decimal."""
    return f"{number:.1f}"


def whole(number: float) -> str:
    """Write no decimals."""
    return f"{number:.0f}"


def thousands(number: float) -> str:
    """Write no decimals, and a comma after each three digits."""
    return f"{number:,.0f}"
