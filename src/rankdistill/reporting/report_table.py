"""A table of a report in no particular language, and how its cells are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from rankdistill.reporting.sweep_wording import NONE, level_text, mean_text
from rankdistill.reporting.wording import decimal, p_value

RANK = "#"
"""Title of a column with the places of the rows as they come."""


class Cell(NamedTuple):
    """What a cell shows, and the number that it sorts by; None for text or for nothing."""

    text: str
    number: float | None = None


@dataclass(frozen=True)
class Table:
    """A table in no particular language.

    Attributes:
        name: Short, for anchors and labels.
        title: Of one line.
        note: How to read it.
        columns: Titles.
        numeric: Which of the columns hold numbers.
        rows: Of a cell per column.
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
        """The table without the rows after these."""
        return replace(self, rows=self.rows[:num_rows])


def make_table(
    name: str,
    title: str,
    note: str,
    *columns: Sequence[str],
    num_naming: int,
    rows: Sequence[Sequence[Cell]],
) -> Table:
    """A table; columns in which a cell has a number are numeric.

    Args:
        name: Short, for anchors and labels.
        title: Of one line.
        note: How to read it.
        *columns: Titles, in groups.
        num_naming: How many of the first columns together name a row.
        rows: Of a cell per column.
    """
    titles = [title for group in columns for title in group]
    numeric = [any(row[place].number is not None for row in rows) for place in range(len(titles))]
    return Table(
        name, title, note, tuple(titles), tuple(numeric), tuple(map(tuple, rows)), num_naming
    )


def level_cell(level: Any) -> Cell:
    """A level of an axis; sorted as a number where it is one."""
    is_number = isinstance(level, int | float) and not isinstance(level, bool)
    return Cell(level_text(level), level if is_number else None)


def metric_cell(configuration: Mapping[str, Any], metric: str) -> Cell:
    """Mean ± deviation of a metric such as "test/map@5"."""
    mean = configuration["mean"].get(metric)
    return Cell(mean_text(mean, configuration["std"].get(metric)), mean)


def tested_cells(test: Mapping[str, Any] | None, otherwise: str) -> list[Cell]:
    """Difference, interval and p of a paired test; ``otherwise`` where there is none."""
    if test is None:
        return [Cell(otherwise), Cell(NONE), Cell(NONE)]
    low, high = (decimal(test[end], signed=True) for end in ("ci_low", "ci_high"))
    return [
        Cell(decimal(test["difference"], signed=True), test["difference"]),
        Cell(f"[{low}, {high}]", test["ci_low"]),
        Cell(p_value(test["p_holm"]).removeprefix("p = ").removeprefix("p "), test["p_holm"]),
    ]


def number_cell(number: float | None, form: Callable[[float], str] = decimal) -> Cell:
    """A number in a form; a dash for None."""
    return Cell(NONE) if number is None else Cell(form(number), number)


def seconds(number: float) -> str:
    """Tenths of a second."""
    return f"{number:.1f}"


def whole(number: float) -> str:
    """No decimals."""
    return f"{number:.0f}"
