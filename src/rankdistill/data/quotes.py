"""Quotes of CSV that go wrong: unclosed, inside a field, or around a field of many lines."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rankdistill.data.text_table import TextTable

logger = logging.getLogger(__name__)


class LongField(NamedTuple):
    """A quoted field that holds line breaks: its first and last line, and its column."""

    first_line: int
    last_line: int
    column: int


def check_quotes(table: TextTable) -> None:
    """Look for quotes that go wrong. This is slow: call it where rows and lines differ in number.

    Logs a warning for fields of several lines in columns that are not read.

    Raises:
        ValueError: With the line, for a stray quote, and for a field of several lines in a column
            that is read.
    """
    found = _scan(table)
    if isinstance(found, int):
        raise ValueError(
            f"Line {found} of {table.source} has a stray quote: a field that holds quotes needs "
            'quotes around it, and each of its own doubled, as in "5"" screen".'
        )
    roles = {position: role for role, position in table.columns.items()}
    for field in found:
        if field.column in roles:
            raise ValueError(
                f"Lines {field.first_line} to {field.last_line} of {table.source} are one quoted "
                f"field of the {roles[field.column]} column: is the quote in line "
                f"{field.first_line} a stray one?"
            )
    if found:
        first = found[0]
        further = f", and {len(found) - 1} further such fields" if len(found) > 1 else ""
        logger.warning(
            "Lines %d to %d of %s are one quoted field%s; if these are rows of their own, the "
            "quote in line %d is a stray one.",
            first.first_line,
            first.last_line,
            table.source,
            further,
            first.first_line,
        )


def _scan(table: TextTable) -> int | list[LongField]:
    """The line of the first stray quote, or else every field of several lines."""
    text = table.data.decode()
    end = re.escape(table.separator)
    field = re.compile(rf'(?:"(?:[^"]|"")*"|[^"{end}\n]*)({end}|\n|\Z)')
    place, line, column = 0, table.first_line, 0
    fields: list[LongField] = []
    while place < len(text):
        found = field.match(text, place)
        if found is None:
            return line
        last_line = line + text.count("\n", place, found.start(1))
        if last_line > line:
            fields.append(LongField(line, last_line, column))
        ends_row = found.group(1) == "\n"
        line = last_line + ends_row
        column = 0 if ends_row else column + 1
        place = found.end()
    return fields
