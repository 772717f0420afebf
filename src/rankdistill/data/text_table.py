"""Delimited text of (user, item, rating, timestamp) rows, parsed fast; faults found slowly."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import polars as pl

from rankdistill.data.columns import Column, choose_columns
from rankdistill.data.field_kinds import is_time, reads_as_number
from rankdistill.data.quotes import check_quotes
from rankdistill.data.table_faults import LEAST_WEIGHT, NOT_NEGATIVE, NUMBERS, find_fault
from rankdistill.data.text_start import with_plain_line_ends
from rankdistill.data.times import LIMIT, as_times
from rankdistill.quoting import shortened

_ONE_BYTE_SEPARATORS = ("\x1f", "\x1e", "\x1d", "\x1c", "\t", "|", ";", ":")
_QUOTED_SEPARATORS = (",", ";")
_BLANK_LINES = re.compile(rb"( *\n)*")


@dataclass(frozen=True)
class TextTable:
    """Text made ready for parsing: a separator of one byte, a known width, columns located.

    Attributes:
        source: What messages call it, usually the path.
        data: The text with ``separator`` in place and line ends of one byte.
        separator: One character of one byte.
        quote: ``"`` where fields may be quoted as in CSV, else None.
        header: Whether the first line holds column names.
        first_row: Fields of the first line.
        first_line: Its number; more than 1 where blank lines came before and were cut.
        columns: Position of each column that is wanted: "user", "item" and those of NUMBERS.
    """

    source: str
    data: bytes
    separator: str
    quote: str | None
    header: bool
    first_row: tuple[str, ...]
    first_line: int
    columns: dict[str, int]


def prepare_table(
    data: bytes,
    source: str,
    separator: str,
    header: bool,
    columns: Mapping[str, Column | None],
    first_line: int = 1,
) -> TextTable:
    """Make text ready for parsing.

    Quotes are read as in CSV where the separator is a comma or a semicolon, and are plain
    characters elsewhere.

    Args:
        data: The whole file, or what follows its first lines.
        source: What messages call it.
        separator: Any text, "::" included.
        header: Whether the first line holds column names.
        columns: Name (needs a header) or position of each wanted column; None for user and item
            lets usual names tell.
        first_line: The number of the first line of ``data`` in the file.

    Raises:
        ValueError: If the text is empty, the header is not one, or a column is not there.
    """
    data = with_plain_line_ends(data)
    if not data or data.isspace():
        raise ValueError(f"{source} is empty.")
    quote = '"' if separator in _QUOTED_SEPARATORS and b'"' in data else None
    blank = _leading_blank_lines(data)
    first_line += data.count(b"\n", 0, blank)
    data = data[blank:]
    data, separator = _with_one_byte_separator(data, separator, source)
    first_row = _first_row(data, f"Line {first_line} of {source}", separator, quote)
    positions = choose_columns(first_row, header, columns, source)
    if header:
        by_name = {role for role, column in columns.items() if isinstance(column, str)}
        fields = [first_row[place] for role, place in positions.items() if role not in by_name]
        if any(reads_as_number(field) or is_time(field) for field in fields):
            refuse_data_as_header(f"Line {first_line} of {source}", first_row)
    return TextTable(source, data, separator, quote, header, first_row, first_line, positions)


def refuse_data_as_header(place: str, first_row: Sequence[str]) -> NoReturn:
    """Raise the ValueError for a first line that is read as names and holds data."""
    raise ValueError(
        f"{place} reads {shortened(', '.join(first_row))}: data, where column names are "
        "expected. If the file has no header, set data.header=false."
    )


def parse_table(table: TextTable, id_type: Any = pl.String) -> pl.DataFrame:
    """Parse the wanted columns; blank lines are skipped.

    Args:
        table: From ``prepare_table``.
        id_type: polars type of the user and item columns: ``pl.String`` or an integer type.

    Returns:
        Columns "user" and "item" of that type, and where wanted "timestamp" Int64, or Float64
        where some are fractions; dates become seconds. Other numbers are Float32.

    Raises:
        ValueError: With the line number and the text, if a field is missing, empty or not a number,
            or a line has more or fewer fields than the first.
    """
    try:
        frame = _read_any_time(table, id_type)
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        fault = find_fault(table, integer_ids=id_type != pl.String)
        if fault is None and table.quote:
            check_quotes(table)
        raise ValueError(fault or f"{table.source} could not be parsed: {reason}") from None
    if frame.height == 0:
        raise ValueError(f"{table.source} holds no rows below its header.")
    suspect = _is_suspect(frame, table)
    if suspect and (fault := find_fault(table, integer_ids=id_type != pl.String)):
        raise ValueError(fault)
    if table.quote and _num_lines(table) != frame.height + int(table.header):
        check_quotes(table)
    return frame.select(list(table.columns))


def _read_any_time(table: TextTable, id_type: Any) -> pl.DataFrame:
    """Read times as the first of whole numbers, numbers and text that all of them are."""
    types = {"user": id_type, "item": id_type, **dict.fromkeys(NUMBERS, pl.Float32)}
    for time_type in (pl.Int64, pl.Float64):
        try:
            frame = _read(table, types | {"timestamp": time_type})
            break
        except pl.exceptions.PolarsError:
            if "timestamp" not in table.columns:
                raise
    else:
        frame = _read(table, types | {"timestamp": pl.String})
    if "timestamp" in frame.columns:
        frame = frame.with_columns(as_times(frame["timestamp"]).alias("timestamp"))
    return frame


def _read(table: TextTable, types: dict[str, Any]) -> pl.DataFrame:
    roles = {position: role for role, position in table.columns.items()}
    schema = {
        roles.get(position, f"column {position}"): types.get(roles.get(position, ""), pl.String)
        for position in range(len(table.first_row))
    }
    body = table.data.partition(b"\n")[2] if table.header else table.data
    body = body[_leading_blank_lines(body) :]  # polars takes the first line for the widest
    if not body:
        return pl.DataFrame(schema=schema)
    frame = pl.read_csv(
        body,
        has_header=False,
        schema=schema,
        separator=table.separator,
        quote_char=table.quote,
    )
    if any(frame.select(pl.all().null_count()).row(0)):
        first_is_blank = pl.nth(0).cast(pl.String).str.strip_chars().fill_null("") == ""
        others_are_blank = pl.all_horizontal(pl.col(frame.columns[1:]).is_null())
        frame = frame.filter(~(first_is_blank & others_are_blank))
    return frame


def _is_suspect(frame: pl.DataFrame, table: TextTable) -> bool:
    """Whether a slow look at every line is due: polars reads missing fields as null."""
    wanted = frame.select(list(table.columns))
    if any(wanted.select(pl.all().null_count()).row(0)):
        return True
    for role, values in zip(wanted.columns, wanted.iter_columns(), strict=True):
        if role in NUMBERS and not values.is_finite().all():
            return True
        if role in ("score", *NOT_NEGATIVE) and (values.abs() >= NUMBERS[role]).any():
            return True
        if role in NOT_NEGATIVE and (values < 0).any():
            return True
        if role == "end" and (values != values.floor()).any():
            return True
        if role == "weight" and not values.is_between(LEAST_WEIGHT, NUMBERS[role], "left").all():
            return True
        if role == "timestamp" and values.dtype.is_float() and (values.abs() >= LIMIT).any():
            return True
        if values.dtype == pl.String and (values.str.strip_chars() == "").any():
            return True
    if table.quote:
        return frame.to_series(frame.width - 1).null_count() > 0
    rows = frame.height + int(table.header)
    return table.data.count(table.separator.encode()) != rows * (frame.width - 1)


def _num_lines(table: TextTable) -> int:
    """Lines that are not blank."""
    return sum(not line.isspace() and line != b"" for line in table.data.split(b"\n"))


def _leading_blank_lines(data: bytes) -> int:
    """Length of the blank lines that data begin with."""
    blank = _BLANK_LINES.match(data)
    return 0 if blank is None else blank.end()


def _with_one_byte_separator(data: bytes, separator: str, source: str) -> tuple[bytes, str]:
    if not separator:
        raise ValueError("separator must not be empty.")
    encoded = separator.encode()
    if len(encoded) == 1:
        return data, separator
    for candidate in _ONE_BYTE_SEPARATORS:
        if candidate.encode() not in data:
            return data.replace(encoded, candidate.encode()), candidate
    raise ValueError(f"{source} cannot be split at {separator!r}: it holds control characters.")


def _first_row(data: bytes, place: str, separator: str, quote: str | None) -> tuple[str, ...]:
    line = data.partition(b"\n")[0]
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise ValueError(f"{place} is not UTF-8 text; save the file as UTF-8.") from None
    if quote:
        return tuple(next(csv.reader(io.StringIO(text), delimiter=separator, quotechar=quote)))
    return tuple(text.split(separator))
