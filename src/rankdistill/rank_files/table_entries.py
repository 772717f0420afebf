"""A packed table as arrays of bytes and an entry of the file's description, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from rankdistill.rank_files.few_bits import num_bytes, with_gaps, without_gaps
from rankdistill.rank_files.row_codes import (
    BYTE_BITS,
    PackedRows,
    count_rows,
    largest_unit,
    signed_codes,
)

CODES, EXPONENTS, KEPT_ROWS = "codes", "exponents", "kept_rows"

_EXPONENT_BITS, _EXPONENT_UNIT = "exponent_bits", "exponent_unit"
"""Keys of an entry that only tables have whose exponents take less than a byte."""

_MOST_ROWS_OF_ONE = 16
"""Rows that a table may have for each that the file holds, so that memory is bounded."""


def arrays_of(table: PackedRows) -> dict[str, np.ndarray]:
    """Give the bytes of a table by the ends of their names.

    Rows of zeros take no bytes where exponents take less than a byte and that makes fewer of all.
    """
    units = (table.exponents / table.exponent_unit).astype(np.uint8)
    if table.exponent_bits == BYTE_BITS:
        return {CODES: table.codes, EXPONENTS: units}
    codes = signed_codes(table)
    kept = np.asarray(codes.any(1))
    bits_saved = (len(kept) - kept.sum()) * (codes.shape[1] * table.bits + table.exponent_bits)
    if bits_saved <= len(kept) or kept.sum() * _MOST_ROWS_OF_ONE < len(kept):
        return {CODES: table.codes, EXPONENTS: without_gaps(units, table.exponent_bits)}
    raised = codes[kept].astype(np.int16) + 2 ** (table.bits - 1)
    return {
        CODES: without_gaps(raised.astype(np.uint8).ravel(), table.bits),
        EXPONENTS: without_gaps(units[kept], table.exponent_bits),
        KEPT_ROWS: without_gaps(kept.astype(np.uint8), 1),
    }


def entry_of(table: PackedRows) -> dict[str, Any]:
    """Tell what the bytes of a table mean."""
    entry = {
        "shape": list(table.shape),
        "bits": table.bits,
        "largest_step": table.largest_step,
    }
    if table.exponent_bits < BYTE_BITS:
        entry |= {_EXPONENT_BITS: table.exponent_bits, _EXPONENT_UNIT: table.exponent_unit}
    return entry


def packed_rows(arrays: Mapping[str, np.ndarray], entry: Mapping[str, Any]) -> PackedRows:
    """Read a table; whether the codes fit its shape shows when it is unpacked.

    Args:
        arrays: Bytes of the table by the ends of their names.
        entry: What they mean.

    Raises:
        KeyError: If something is missing.
        TypeError: If something is no number.
        ValueError: If the exponents are too few or too many for the shape, or of a form that does
            not exist, or if too few rows are kept.
    """
    shape, bits = tuple(int(length) for length in entry["shape"]), int(entry["bits"])
    exponent_bits, unit = _exponent_form(entry)
    num_rows, codes = count_rows(shape), arrays[CODES]
    kept = _kept_rows(arrays[KEPT_ROWS], num_rows) if KEPT_ROWS in arrays else None
    num_kept = num_rows if kept is None else int(kept.sum())
    units = _parted(arrays[EXPONENTS], num_kept, exponent_bits, "exponents")
    if kept is not None:
        width = math.prod(shape) // num_rows
        of_kept = _parted(codes, num_kept * width, bits, "codes").reshape(num_kept, width)
        rows = np.full((num_rows, width), 2 ** (bits - 1), np.uint8)
        rows[kept] = of_kept
        codes, of_kept = without_gaps(rows.ravel(), bits), units
        units = np.zeros(num_rows, np.uint8)
        units[kept] = of_kept
    step = float(entry["largest_step"])
    return PackedRows(codes, units * np.uint8(unit), step, shape, bits, exponent_bits, unit)


def _kept_rows(joined: np.ndarray, num_rows: int) -> np.ndarray:
    """(num_rows,) whether the file holds each row."""
    kept = _parted(joined, num_rows, 1, "marks of rows").astype(bool)
    if kept.sum() * _MOST_ROWS_OF_ONE < num_rows:
        raise ValueError(f"{kept.sum()} rows of {num_rows} are too few.")
    return kept


def _parted(joined: np.ndarray, number: int, bits: int, what: str) -> np.ndarray:
    if not 1 <= bits <= BYTE_BITS or number < 1:
        raise ValueError(f"there are no {number} {what} of {bits} bits.")
    if len(joined) != num_bytes(number, bits):
        raise ValueError(
            f"{number} {what} of {bits} bits take {num_bytes(number, bits)} bytes, "
            f"got {len(joined)}."
        )
    return with_gaps(joined, number, bits)


def _exponent_form(entry: Mapping[str, Any]) -> tuple[int, int]:
    """Read bits and unit of the exponents."""
    bits, unit = entry.get(_EXPONENT_BITS, BYTE_BITS), entry.get(_EXPONENT_UNIT, 1)
    if type(bits) is not int or type(unit) is not int:
        raise TypeError(f"exponents of {bits} bits and unit {unit} are no whole numbers")
    if not 1 <= bits <= BYTE_BITS or not 1 <= unit <= largest_unit(bits):
        raise ValueError(f"there are no exponents of {bits} bits and unit {unit}")
    return bits, unit
