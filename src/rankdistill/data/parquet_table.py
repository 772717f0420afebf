"""Interactions from a Parquet file, whose columns have names and types of their own."""

from __future__ import annotations

import io
from collections.abc import Mapping

import polars as pl

from rankdistill.data.columns import Column, choose_columns
from rankdistill.data.table_faults import LEAST_WEIGHT, NOT_NEGATIVE, NUMBERS
from rankdistill.data.times import as_times

_BYTES_OF_A_VALUE = 16  # in memory: a number takes 8, a text at least 16


def read_parquet(
    data: bytes, source: str, columns: Mapping[str, Column | None], max_gib: float, limit: str
) -> tuple[pl.DataFrame, tuple[str, ...], tuple[str, ...], dict[str, int]]:
    """Read the wanted columns.

    Args:
        data: The file.
        source: What messages call it.
        columns: Name or position by role; None for user and item lets usual names tell.
        max_gib: What the wanted columns may take in memory, in GiB: a million equal values take a
            few bytes in the file.
        limit: What messages call that setting.

    Returns:
        The wanted columns by role, the names and the kinds of all columns, and the positions of
        the wanted ones.

    Raises:
        ValueError: With the row, if a value is missing or of the wrong type; before anything is
            unpacked, if there are too many.
    """
    try:
        schema = pl.read_parquet_schema(io.BytesIO(data))
        names = tuple(schema)
        places = choose_columns(names, True, columns, source)
        refuse_too_many_rows(num_rows_of(data), source, len(places), max_gib, limit)
        wanted = pl.read_parquet(io.BytesIO(data), columns=[names[at] for at in places.values()])
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"{source} is a damaged Parquet file: {reason}.") from None
    if wanted.height == 0:
        raise ValueError(f"{source} holds no rows.")
    read = [_read(wanted[names[at]], role, source) for role, at in places.items()]
    kinds = tuple(str(kind).lower() for kind in schema.values())
    return pl.DataFrame(read), names, kinds, places


def num_rows_of(data: bytes) -> int:
    """Look up the number of rows in the index of a Parquet file, which unpacks nothing."""
    return int(pl.scan_parquet(io.BytesIO(data)).select(pl.len()).collect().item())


def refuse_too_many_rows(
    num_rows: int, source: str, num_columns: int, max_gib: float, limit: str
) -> None:
    """Raise a ValueError if so many values may take more memory than a setting allows."""
    if num_rows * num_columns * _BYTES_OF_A_VALUE > max_gib * 2**30:
        raise ValueError(
            f"{source} holds {num_rows:,} rows, more than {limit}={max_gib:g} GiB; raise it "
            "if the machine has five times that."
        )


def _read(values: pl.Series, role: str, source: str) -> pl.Series:
    """Bring one column into the form that its role needs."""
    if values.dtype.is_nested():
        raise ValueError(
            f"The column {values.name!r} of {source} holds {values.dtype}: a row for each user and "
            "item is expected."
        )
    if role == "timestamp":
        _refuse_first(values.is_null(), values, role, source)
        read = as_times(values)
    elif role in NUMBERS:
        read = values.cast(pl.Float32, strict=False)
        _refuse_first(read.is_null() | ~read.is_finite(), values, role, source)
        if role == "weight":
            _refuse_first(
                ~read.is_between(LEAST_WEIGHT, NUMBERS[role], "left"), values, role, source
            )
        if role in ("score", *NOT_NEGATIVE):
            least = 0 if role in NOT_NEGATIVE else -NUMBERS[role]
            _refuse_first(~read.is_between(least, NUMBERS[role], "left"), values, role, source)
        if role == "end":
            _refuse_first(read != read.floor(), values, role, source)
    else:
        read = _names(values)
    missing = (read.str.strip_chars() == "") if read.dtype == pl.String else read.is_null()
    _refuse_first(read.is_null() | missing, values, role, source)
    if role == "timestamp" and read.dtype.is_float():
        _refuse_first(~read.is_finite(), values, role, source)
    return read.alias(role)


def _names(values: pl.Series) -> pl.Series:
    """Write ids as text; whole floats, which pandas makes of integers, lose their ".0"."""
    if values.dtype.is_float():
        known = values.drop_nulls()
        if bool((known.is_finite() & (known == known.floor())).all()):
            values = values.cast(pl.Int64, strict=False)
    return values.cast(pl.String)


def _refuse_first(bad: pl.Series, values: pl.Series, role: str, source: str) -> None:
    """Raise a ValueError with the first row that is bad."""
    row = bad.arg_max() if bool(bad.any()) else None
    if row is not None:
        value = values[row]
        fault = f"has the {role} {value!r}, which cannot be read as one"
        if role == "weight" and isinstance(value, int | float) and value <= 0:
            fault = f"has the weight {value!r}, which is not positive: delete such rows"
        fault = f"has no {role}: delete such rows" if value is None else fault
        raise ValueError(f"Row {row + 1} of {source} {fault}.")
