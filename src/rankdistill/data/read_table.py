"""A table as it was read, from text or from Parquet, in one form."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from rankdistill.data.columns import Column
from rankdistill.data.field_kinds import kind_of
from rankdistill.data.file_kinds import PARQUET
from rankdistill.data.parquet_table import read_parquet
from rankdistill.data.table_faults import line_of_row, rows_of
from rankdistill.data.text_files import read_bytes
from rankdistill.data.text_start import find_start, show
from rankdistill.data.text_table import TextTable, parse_table, prepare_table

logger = logging.getLogger(__name__)

_SAMPLE, _SAMPLE_BYTES = 1000, 1 << 18  # rows that kinds of columns are told from, at most


@dataclass(frozen=True)
class ReadTable:
    """The wanted columns of a file, as read.

    Attributes:
        source: What messages call it.
        frame: Columns "user" and "item" of strings, and where wanted "rating", "timestamp",
            "weight", "score", "confidence" and "end" of numbers.
        names: Of all columns in the file; None where it has no header.
        kinds: What all columns hold, a word for each.
        columns: Position of each wanted column.
        separator: Between fields; None where the file is Parquet.
        text: What it was parsed from; None where the file is Parquet.
    """

    source: str
    frame: pl.DataFrame
    names: tuple[str, ...] | None
    kinds: tuple[str, ...]
    columns: dict[str, int]
    separator: str | None
    text: TextTable | None

    def place(self, row: int) -> str:
        """Where a row stands, for messages: its line, or its number where there are no lines."""
        if self.text is None:
            return f"Row {row + 1}"
        return f"Line {line_of_row(self.text, row)}"

    def name(self, position: int) -> str:
        """What to call a column: its name, or its position."""
        return str(position) if self.names is None else self.names[position].strip()

    def role(self, position: int) -> str | None:
        """What a column is read as; None where it is not read."""
        roles = {place: role for role, place in self.columns.items()}
        return roles.get(position)

    def tell(self) -> None:
        """Log how the file is read, and which columns are not."""
        read = ", ".join(f"{role}={self.name(place)}" for role, place in self.columns.items())
        others = set(range(len(self.kinds))) - set(self.columns.values())
        unread = ", ".join(
            self.name(place) or f"column {place}, unnamed" for place in sorted(others)
        )
        form = "Parquet" if self.separator is None else f"separator {show(self.separator)}"
        more = f"; not read: {unread}" if unread else ""
        logger.info("%s: %s; columns %s%s.", self.source, form, read, more)


def read_table(
    path: Path,
    separator: str | None,
    header: bool,
    columns: Mapping[str, Column | None],
    max_gib: float,
    limit: str = "data.max_gib",
) -> ReadTable:
    """Read the wanted columns of a file.

    Args:
        path: Plain or gzipped text, or Parquet.
        separator: Between the fields of text; None to guess.
        header: Whether the first line of text holds names.
        columns: Name or position by role; those of user and item may be None, for usual names to
            tell.
        max_gib: What the file may hold, unpacked.
        limit: What messages call that setting.

    Raises:
        FileNotFoundError: If there is no file.
        ValueError: With the line, if the file does not hold such columns.
    """
    source = str(path)
    data = read_bytes(path, max_gib, limit)
    if data.startswith(PARQUET):
        frame, names, kinds, places = read_parquet(data, source, columns, max_gib, limit)
        return ReadTable(source, frame, names, kinds, places, None, None)
    start = find_start(data, source, separator)
    text = prepare_table(start.data, source, start.separator, header, columns, start.first_line)
    return ReadTable(
        source,
        parse_table(text),
        text.first_row if header else None,
        _kinds(text),
        text.columns,
        start.separator,
        text,
    )


def _kinds(text: TextTable) -> tuple[str, ...]:
    whole = len(text.data) <= _SAMPLE_BYTES
    lines = text.data[:_SAMPLE_BYTES].splitlines(keepends=True)
    head = text if whole else replace(text, data=b"".join(lines[:-1]))
    sample: list[list[str]] = []
    try:
        for _, fields in rows_of(head):
            sample.append(fields)
            if len(sample) == _SAMPLE:
                break
    except ValueError:  # the head may end within quotes
        if whole:
            raise
    return tuple(kind_of(list(column)) for column in zip(*sample, strict=False))
