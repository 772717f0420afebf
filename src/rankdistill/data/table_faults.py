"""Where a delimited text goes wrong: a slow look at every line, taken only when parsing failed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rankdistill.data.text_table import TextTable

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
_INTEGER = re.compile(r"\s*[+-]?\d{1,18}\s*")


def is_number(text: str) -> bool:
    """Whether text is a finite decimal number."""
    return _NUMBER.fullmatch(text) is not None


def is_integer(text: str) -> bool:
    """Whether text is a whole number of at most 18 digits."""
    return _INTEGER.fullmatch(text) is not None


def find_fault(table: TextTable, integer_ids: bool) -> str | None:
    """Describe the first bad line in one sentence, or None if every line is sound."""
    try:
        for line, fields in _rows(table):
            if fault := _row_fault(table, fields, integer_ids):
                is_named = line == table.first_line and not any(map(is_number, fields))
                hint = "; are these column names (header=true)?" if is_named else "."
                return f"Line {line} of {table.source} {fault}{hint}"
    except UnicodeDecodeError as error:
        line = table.data.count(b"\n", 0, error.start) + table.first_line
        return f"Line {line} of {table.source} is not UTF-8 text; save the file as UTF-8."
    except csv.Error as error:
        return f"{table.source} is not well-formed CSV: {error}."
    return None


def line_of_row(table: TextTable, row: int) -> int:
    """The 1-based line of a row of data, counted from 0 without header and blank lines."""
    for index, (line, _) in enumerate(_rows(table)):
        if index == row:
            return line
    raise AssertionError(f"row {row} is beyond the end of {table.source}")


def _rows(table: TextTable) -> Iterator[tuple[int, list[str]]]:
    """The data rows with the line each starts on; blank lines and the header left out."""
    text = io.StringIO(table.data.decode(), newline="")
    if table.quote:
        reader = csv.reader(text, delimiter=table.separator, quotechar=table.quote, strict=True)
    else:
        reader = csv.reader(text, delimiter=table.separator, quoting=csv.QUOTE_NONE)
    header_is_due = table.header
    line = table.first_line
    for fields in reader:
        if fields and (len(fields) > 1 or fields[0].strip()):
            if not header_is_due:
                yield line, fields
            header_is_due = False
        line = reader.line_num + table.first_line


def _row_fault(table: TextTable, fields: list[str], integer_ids: bool) -> str | None:
    width = len(table.first_row)
    if len(fields) != width:
        return f"has {len(fields)} field{'s' * (len(fields) > 1)} where {width} are expected"
    for role, position in table.columns.items():
        field = fields[position]
        if not field.strip():
            return f"has no {role}: the field is empty"
        if role in ("rating", "timestamp") and not is_number(field):
            return f"has the {role} {field!r}, which is not a number"
        if role in ("user", "item") and integer_ids and not is_integer(field):
            return f"has the {role} {field!r}, which is not an integer"
    return None
