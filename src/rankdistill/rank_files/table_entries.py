"""A packed table as arrays of bytes and an entry of the file's description, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rankdistill.rank_files.few_bits import num_bytes, with_gaps, without_gaps
from rankdistill.rank_files.row_codes import BYTE_BITS, PackedRows, count_rows, largest_unit

CODES, EXPONENTS = "codes", "exponents"

_EXPONENT_BITS, _EXPONENT_UNIT = "exponent_bits", "exponent_unit"
"""Keys of an entry that only tables have whose exponents take less than a byte."""


def arrays_of(table: PackedRows) -> dict[str, np.ndarray]:
    """Give the bytes of a table by the ends of their names."""
    units = table.exponents // np.uint8(table.exponent_unit)
    return {CODES: table.codes, EXPONENTS: without_gaps(units, table.exponent_bits)}


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
            not exist.
    """
    shape = tuple(int(length) for length in entry["shape"])
    bits, unit = _exponent_form(entry)
    num_rows, joined = count_rows(shape), arrays[EXPONENTS]
    if len(joined) != num_bytes(num_rows, bits):
        raise ValueError(
            f"{num_rows} exponents of {bits} bits take {num_bytes(num_rows, bits)} bytes, "
            f"got {len(joined)}."
        )
    exponents = with_gaps(joined, num_rows, bits) * np.uint8(unit)
    step = float(entry["largest_step"])
    return PackedRows(arrays[CODES], exponents, step, shape, int(entry["bits"]), bits, unit)


def _exponent_form(entry: Mapping[str, Any]) -> tuple[int, int]:
    """Read bits and unit of the exponents."""
    bits, unit = entry.get(_EXPONENT_BITS, BYTE_BITS), entry.get(_EXPONENT_UNIT, 1)
    if type(bits) is not int or type(unit) is not int:
        raise TypeError(f"exponents of {bits} bits and unit {unit} are no whole numbers")
    if not 1 <= bits <= BYTE_BITS or not 1 <= unit <= largest_unit(bits):
        raise ValueError(f"there are no exponents of {bits} bits and unit {unit}")
    return bits, unit
