"""Tables of weights as a model.rank holds them: exact, in half precision, or in a few bits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rankdistill.rank_files.row_codes import PackedRows, pack_rows, unpack_rows
from rankdistill.rank_files.short_rows import without_short_rows
from rankdistill.rank_files.table_entries import arrays_of

EXACT_BITS, HALF_BITS, VECTOR_BITS = 32, 16, 8

SMALL_BITS, SMALL_VECTOR_BITS, SMALL_EXPONENT_BITS = 4, 6, 4
"""Up to so many bits a weight, the weights of vectors and the exponents of rows are smaller too."""

StoredTable = np.ndarray | PackedRows
"""A table as it is stored; ``decoded`` makes numbers of it."""


def storage_name(bits: int) -> str:
    """Name the number of bits as ``storage=`` does: fp32, fp16, int8, ..."""
    return f"{'int' if bits < HALF_BITS else 'fp'}{bits}"


def encoded(
    name: str, table: np.ndarray, bits: int, *, leaves_rows_out: bool = False
) -> StoredTable:
    """Store a table; what is no table of real numbers, or a single one, stays as it is.

    Args:
        name: Of the table, for errors.
        table: Weights of any shape. A vector gets 8 bits, or 6 where others get 4 or fewer.
        bits: Of a weight: 32, 16, or 8 down to 2.
        leaves_rows_out: Whether short rows may become zeros where there are 4 bits or fewer.

    Raises:
        ValueError: If fewer bits than 32 are wanted and a weight is not finite, or beyond fp16.
    """
    is_real = np.issubdtype(table.dtype, np.floating) and table.ndim > 0 and table.size > 0
    if bits == EXACT_BITS or not is_real:
        return table
    if not np.isfinite(table).all():
        raise ValueError(f"{name} is not finite and cannot be stored as {storage_name(bits)}.")
    if bits < HALF_BITS:
        return _packed(table, bits, leaves_rows_out)
    if (largest := float(np.abs(table).max())) >= 65520:  # the first number that rounds to infinity
        raise ValueError(f"{name} reaches {largest:.4g}, beyond fp16; use storage=int8.")
    return table.astype(np.float16)


def _packed(table: np.ndarray, bits: int, leaves_rows_out: bool) -> PackedRows:
    is_small = bits <= SMALL_BITS
    if table.ndim == 1:
        return pack_rows(table, SMALL_VECTOR_BITS if is_small else VECTOR_BITS)
    if is_small and len(table) > 1:  # readers before this form see that two rows lack exponents
        packed = pack_rows(table, bits, SMALL_EXPONENT_BITS)
        return without_short_rows(table, packed) if leaves_rows_out else packed
    return pack_rows(table, bits)


def decoded(stored: StoredTable) -> np.ndarray:
    """Make the numbers that a stored table stands for: float32 where it was packed or halved.

    Raises:
        ValueError: If the codes do not fit the shape.
    """
    if isinstance(stored, PackedRows):
        return unpack_rows(stored)
    return stored.astype(np.float32) if stored.dtype == np.float16 else stored


def refuse_what_is_no_number(tables: Mapping[str, StoredTable]) -> None:
    """Refuse a model that would rank nothing.

    Raises:
        ValueError: If a weight is infinite or no number.
    """
    for name, table in tables.items():
        if not np.isfinite(decoded(table)).all():
            raise ValueError(f"The weights are not all finite ({name}): the model ranks nothing.")


def is_of_weights(stored: StoredTable) -> bool:
    """Whether a stored table decodes to float32."""
    return isinstance(stored, PackedRows) or stored.dtype in (np.float16, np.float32)


def stored_bytes(stored: StoredTable) -> int:
    """Count the bytes of a stored table."""
    if isinstance(stored, PackedRows):
        return sum(part.nbytes for part in arrays_of(stored).values())
    return stored.nbytes
