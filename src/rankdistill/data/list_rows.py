"""Rows of (user, item, score) from a file of ranked lists, or from a folder of them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from rankdistill.data.columns import Column
from rankdistill.data.file_kinds import PARQUET
from rankdistill.data.parquet_table import refuse_too_many_rows
from rankdistill.data.read_table import read_table
from rankdistill.data.table_faults import NOT_NEGATIVE, NUMBERS
from rankdistill.data.text_files import read_bytes
from rankdistill.quoting import shortened

MAX_GIB = "teacher.max_gib"
"""The setting that says what a file may hold, for messages."""

_WHOLE_LISTS = {"user": "user", "items": "item", "scores": "score"}
"""Columns of a file with a row for each list, as score writes it, and what they hold."""

_DESCRIPTION = "scores.json"


@dataclass(frozen=True)
class ListRows:
    """Rows of ranked lists in the order of the file.

    Attributes:
        source: What messages call the file.
        frame: "user" and "item" of strings, "score" and where wanted "confidence" and "end"
            Float32.
        place: From the number of a row to where it stands, for messages.
    """

    source: str
    frame: pl.DataFrame
    place: Callable[[int], str]


def read_list_rows(path: Path, columns: Mapping[str, Column | None], max_gib: float) -> ListRows:
    """Read ranked lists.

    Args:
        path: Text, plain or gzipped, with a header; Parquet; or a folder of Parquet files.
        columns: Name or position of "user", "item", "score" and where wanted "confidence" and
            "end".
        max_gib: What a file may hold, unpacked.

    Raises:
        FileNotFoundError: If there is no file.
        ValueError: With the row, if the file does not hold such columns.
    """
    if path.is_dir():
        parts = [_read_file(part, columns, max_gib) for part in _finished(path)]
        return _joined(str(path), parts)
    return _read_file(path, columns, max_gib)


def list_files(path: Path) -> list[Path]:
    """List the files that hold ranked lists: a file, or the Parquet files of a folder."""
    return sorted(path.glob("[!._]*.parquet")) if path.is_dir() else [path]


def _finished(folder: Path) -> list[Path]:
    """List the files of a folder; refuse one that score has not finished."""
    parts = list_files(folder)
    if not parts:
        raise FileNotFoundError(
            f"{folder} is a folder without Parquet files: teacher.path=... names a file of ranked "
            "lists, or a folder that score wrote."
        )
    try:
        told = json.loads((folder / _DESCRIPTION).read_text("utf-8"))
        expected = -(-told["users"] // told["users_per_file"])
    except FileNotFoundError:
        return parts
    except (ValueError, TypeError, KeyError, ZeroDivisionError) as error:
        raise ValueError(f"{folder / _DESCRIPTION} is no description of scores.") from error
    if len(parts) < expected:
        raise ValueError(
            f"{folder} holds {len(parts)} of {expected} files: let score write the others first."
        )
    return parts


def _joined(source: str, parts: list[ListRows]) -> ListRows:
    def place(row: int) -> str:
        for part in parts:
            if row < part.frame.height:
                return f"{part.place(row)} of {part.source}"
            row -= part.frame.height
        raise AssertionError(f"row {row} is beyond the end of {source}")

    return ListRows(source, pl.concat([part.frame for part in parts]), place)


def _read_file(path: Path, columns: Mapping[str, Column | None], max_gib: float) -> ListRows:
    if _is_parquet(path):
        data = read_bytes(path, max_gib, MAX_GIB)
        try:
            schema = pl.read_parquet_schema(io.BytesIO(data))
            if any(kind.is_nested() for kind in schema.values()):
                return _whole_lists(data, str(path), schema, columns, max_gib)
        except pl.exceptions.PolarsError as error:
            reason = str(error).partition("\n")[0]
            raise ValueError(f"{path} is a damaged Parquet file: {reason}.") from None
    table = read_table(path, None, True, columns, max_gib, MAX_GIB)
    if "end" not in columns and table.names is not None:
        _refuse_unread_end(str(path), table.names)
    table.tell()
    return ListRows(table.source, table.frame, table.place)


def _refuse_unread_end(source: str, names: Iterable[str]) -> None:
    """Ask what a column of places is for: without it, all lists of a user would be one."""
    if "end" in {name.strip() for name in names}:
        raise ValueError(
            f"{source} has a column 'end': type teacher.end_column=end where a list is for the "
            "place after so many items of its user; else leave that column out."
        )


def _is_parquet(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(PARQUET)) == PARQUET


def _whole_lists(
    data: bytes,
    source: str,
    schema: Mapping[str, pl.DataType],
    columns: Mapping[str, Column | None],
    max_gib: float,
) -> ListRows:
    """Read a Parquet file with a row for each list."""
    names = {
        **_WHOLE_LISTS,
        **{str(columns[role]): role for role in NOT_NEGATIVE if role in columns},
    }
    if "end" not in columns:
        _refuse_unread_end(source, schema)
    if missing := [name for name in names if name not in schema]:
        raise ValueError(
            f"{source} has a row for each user and no column {missing[0]!r}, beside user, items "
            f"and scores; its columns: {shortened(', '.join(schema))}."
        )
    num_items, num_scores = (pl.col(name).list.len() for name in ("items", "scores"))
    num_rows = pl.scan_parquet(io.BytesIO(data)).select(num_items.sum()).collect().item()
    refuse_too_many_rows(int(num_rows), source, len(names), max_gib, MAX_GIB)
    frame = pl.read_parquet(io.BytesIO(data), columns=list(names)).with_row_index("row")
    if (uneven := frame.filter(num_items != num_scores)["row"]).len():
        raise ValueError(f"Row {uneven[0] + 1} of {source} has more items than scores, or fewer.")
    frame = frame.filter(num_items > 0).explode("items", "scores").rename(names)
    frame = frame.with_columns(
        pl.col("user", "item").cast(pl.String),
        pl.col(role for role in frame.columns if role in NUMBERS).cast(pl.Float32),
    )
    rows = frame["row"]
    for role in names.values():
        unsound = frame[role].is_null()
        if role in NUMBERS:
            least = 0 if role in NOT_NEGATIVE else -NUMBERS[role]
            unsound |= ~frame[role].is_between(least, NUMBERS[role], "left")
        if role == "end":
            unsound |= frame[role] != frame[role].floor()
        if unsound.any():
            row = unsound.arg_max()
            assert row is not None
            raise ValueError(
                f"Row {rows[row] + 1} of {source} has the {role} {frame[role][row]!r}, which "
                "cannot be read as one."
            )
    return ListRows(source, frame.drop("row"), lambda row: f"Row {rows[row] + 1}")
