"""Where a delimited text goes wrong: a slow look at every line, taken only when parsing failed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import polars as pl

from rankdistill.data.field_kinds import is_integer, is_time, reads_as_number
from rankdistill.data.quotes import check_quotes
from rankdistill.data.text_start import COMMENT_SIGNS
from rankdistill.data.times import LIMIT, as_times
from rankdistill.quoting import excerpt

if TYPE_CHECKING:
    from rankdistill.data.text_table import TextTable

NUMBERS = {
    "rating": 3.4028235e38,
    "timestamp": LIMIT,
    "weight": 1e12,
    "score": 1e15,
    "confidence": 1e12,
    "end": 2**24,
}
"""Roles of columns that hold numbers, and what their absolute values stay below."""

NOT_NEGATIVE = ("confidence", "end")
"""Those of them that are 0 or more."""

LEAST_WEIGHT = 1e-12

_ADJACENCY_ROWS = 20


def find_fault(table: TextTable, integer_ids: bool) -> str | None:
    """Describe the first bad line in one sentence, or None if every line is sound."""
    times_are_dates: bool | None = None
    try:
        for line, fields in rows_of(table):
            fault = _row_fault(table, fields, integer_ids, times_are_dates)
            if fault:
                is_named = line == table.first_line and not any(map(reads_as_number, fields))
                hint = "; are these column names (header=true)?" if is_named else "."
                if (more := _hint(table, fields)) is not None:
                    hint = more
                return f"Line {line} of {table.source} {fault}{hint}"
            if "timestamp" in table.columns and times_are_dates is None:
                times_are_dates = is_time(fields[table.columns["timestamp"]])
    except UnicodeDecodeError as error:
        line = table.data.count(b"\n", 0, error.start) + table.first_line
        return f"Line {line} of {table.source} is not UTF-8 text; save the file as UTF-8."
    return None


def line_of_row(table: TextTable, row: int) -> int:
    """The 1-based line of a row of data, counted from 0 without header and blank lines."""
    for index, (line, _) in enumerate(rows_of(table)):
        if index == row:
            return line
    raise AssertionError(f"row {row} is beyond the end of {table.source}")


def rows_of(table: TextTable) -> Iterator[tuple[int, list[str]]]:
    """The data rows with the line each starts on; blank lines and the header left out."""
    text = io.StringIO(table.data.decode(), newline="")
    if table.quote:
        reader = csv.reader(text, delimiter=table.separator, quotechar=table.quote, strict=True)
    else:
        reader = csv.reader(text, delimiter=table.separator, quoting=csv.QUOTE_NONE)
    header_is_due = table.header
    line = table.first_line
    for fields in _checked(reader, table):
        if fields and (len(fields) > 1 or fields[0].strip()):
            if not header_is_due:
                yield line, fields
            header_is_due = False
        line = reader.line_num + table.first_line


def _checked(reader: Iterator[list[str]], table: TextTable) -> Iterator[list[str]]:
    """Read on; a ValueError in one sentence where the text is no CSV."""
    try:
        yield from reader
    except csv.Error as error:
        check_quotes(table)
        raise ValueError(f"{table.source} is not well-formed CSV: {error}.") from None


def _row_fault(
    table: TextTable, fields: Sequence[str], integer_ids: bool, times_are_dates: bool | None
) -> str | None:
    width = len(table.first_row)
    if table.header and tuple(fields) == table.first_row:
        return "repeats the header: is it two files in one? Delete that line"
    if len(fields) != width:
        return f"has {len(fields)} field{'s' * (len(fields) > 1)} where {width} are expected"
    for role, position in table.columns.items():
        field = fields[position]
        if not field.strip():
            return f"has no {role}: the field is empty"
        if role in NUMBERS:
            fault = _number_fault(role, field, times_are_dates)
            if fault is not None:
                return f"has the {role} {excerpt(field)}, {fault}"
        elif integer_ids and not is_integer(field):
            return f"has the {role} {excerpt(field)}, which is not an integer"
    return None


def _number_fault(role: str, field: str, times_are_dates: bool | None) -> str | None:
    if role == "timestamp" and not reads_as_number(field):
        if not is_time(field):
            return "which is not a number or a date such as 2024-01-31 or 2024-01-31T23:59:59"
        if as_times(pl.Series([field])).null_count():
            return "a day or a time of day that does not exist"
        return "a date among numbers" if times_are_dates is False else None
    if not reads_as_number(field):
        return "which is not a number"
    if role == "timestamp" and times_are_dates:
        return "a number among dates"
    if role == "weight" and not float(field) > 0:
        return "which is not positive: delete such rows"
    if role == "end" and not float(field).is_integer():
        return "which is not a whole number"
    if role in NOT_NEGATIVE and float(field) < 0:
        return "which is negative"
    if not abs(float(field)) < NUMBERS[role] or (role == "weight" and float(field) < LEAST_WEIGHT):
        return "which is out of range"
    return None


def _hint(table: TextTable, fields: Sequence[str]) -> str | None:
    """Say what a line with the wrong number of fields is, where its form tells."""
    if len(fields) == len(table.first_row):
        return None
    if fields[0].startswith(COMMENT_SIGNS):
        return "; is it a comment? Delete that line."
    if not table.header and _is_adjacency_list(table):
        return (
            "; this is an adjacency list, a user and all items of theirs in a line: write a line "
            "for each user and item."
        )
    return None


def _is_adjacency_list(table: TextTable) -> bool:
    """Whether the first lines hold integers only, and no two of them begin with one user."""
    rows = []
    for _, fields in rows_of(table):
        rows.append([field for field in fields if field.strip()])
        if len(rows) == _ADJACENCY_ROWS:
            break
    firsts = {row[0] for row in rows}
    return len(firsts) == len(rows) and all(is_integer(field) for row in rows for field in row)
