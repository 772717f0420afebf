"""Embeddings from a file: a vector for every user, or for every item."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl
import torch
from torch import Tensor

from rankdistill.data.file_kinds import PARQUET
from rankdistill.data.list_rows import MAX_GIB
from rankdistill.data.nearest_names import with_nearest
from rankdistill.data.parquet_table import num_rows_of, refuse_too_many_rows
from rankdistill.data.text_files import read_bytes
from rankdistill.data.text_start import find_start
from rankdistill.quoting import excerpt


def read_embeddings(path: Path, role: str, known: pl.Series, max_gib: float) -> Tensor:
    """Read the vectors of all users or items of the data.

    The first column holds the name of a user or an item. Of the others, each holds one number of
    the vector; or, in Parquet, the only one holds the whole vector.

    Args:
        path: Text, plain or gzipped, with a header; or Parquet.
        role: "user" or "item".
        known: Their names, by number.
        max_gib: What the file may hold, unpacked.

    Returns:
        (number of known, embedding_dim) float32.

    Raises:
        FileNotFoundError: If there is no file.
        ValueError: If it does not hold such columns, or a vector for each of the known.
    """
    source, data = str(path), read_bytes(path, max_gib, MAX_GIB)
    try:
        is_parquet = data.startswith(PARQUET)
        table = _of_parquet(data, source, max_gib) if is_parquet else _of_text(data, source)
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"{source} could not be read: {reason}.") from None
    if table.width < 2 or table.height == 0:
        raise ValueError(f"{source} holds no vectors: a column of {role}s and one of numbers.")
    names = table.to_series(0).cast(pl.String).str.strip_chars().alias("name")
    numbers = table.select(pl.nth(range(1, table.width)).cast(pl.Float32, strict=False))
    _refuse_no_numbers(table, numbers, role, source)
    if names.is_duplicated().any():
        repeated = names.filter(names.is_duplicated())[0]
        raise ValueError(f"{source} has two vectors of the {role} {excerpt(repeated)}.")
    rows = pl.DataFrame({"name": known}).join(
        names.to_frame().with_row_index("row"), on="name", how="left", maintain_order="left"
    )
    missing = rows.filter(pl.col("row").is_null())["name"]
    if len(missing):
        told = with_nearest(missing[0], names.drop_nulls().to_list())
        raise ValueError(
            f"{source} has no vector for {len(missing):,} of {len(known):,} {role}s of the data, "
            f"the first of them {told}: give each of them one."
        )
    return torch.tensor(numbers.to_numpy())[torch.tensor(rows["row"].cast(pl.Int64).to_numpy())]


def _of_parquet(data: bytes, source: str, max_gib: float) -> pl.DataFrame:
    schema = pl.read_parquet_schema(io.BytesIO(data))
    refuse_too_many_rows(num_rows_of(data), source, len(schema), max_gib, MAX_GIB)
    table = pl.read_parquet(io.BytesIO(data))
    nested = [name for name, kind in schema.items() if kind.is_nested()]
    if not nested:
        return table
    if table.width != 2 or nested != table.columns[1:]:
        raise ValueError(
            f"{source} needs two columns, a name and a vector, or a column for each number; its "
            f"columns: {', '.join(schema)}."
        )
    lengths = table.to_series(1).cast(pl.List(pl.Float32)).list.len()
    if lengths.null_count() or lengths.n_unique() > 1:
        row = int((lengths.is_null() | (lengths != lengths[0])).arg_max() or 0)
        raise ValueError(
            f"Row {row + 1} of {source} has a vector of another length than the first."
        )
    vectors = (
        table.to_series(1)
        .cast(pl.List(pl.Float32))
        .list.to_struct(fields=[f"number {place}" for place in range(int(lengths[0] or 0))])
    )
    return pl.concat([table.select(pl.nth(0)), vectors.struct.unnest()], how="horizontal")


def _of_text(data: bytes, source: str) -> pl.DataFrame:
    start = find_start(data, source, None)
    return pl.read_csv(start.data, separator=start.separator, infer_schema=False)


def _refuse_no_numbers(table: pl.DataFrame, numbers: pl.DataFrame, role: str, source: str) -> None:
    for column, values in zip(numbers.columns, numbers.iter_columns(), strict=True):
        bad = values.is_null() | ~values.is_finite()
        if bad.any():
            row = int(bad.arg_max() or 0)
            name, value = table.row(row)[0], table[column][row]
            raise ValueError(
                f"{source} has {excerpt(value)} in the column {column!r} of the {role} "
                f"{excerpt(name)}, which is no number."
            )
