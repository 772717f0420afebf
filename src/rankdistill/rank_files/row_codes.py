"""Tables of weights as whole multiples of a step per row: a few bits for each weight."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from rankdistill.rank_files.few_bits import num_bytes, with_gaps, without_gaps

STEPS_PER_OCTAVE = 16
"""Steps lie on a grid of ratio 2^(1/16), 4%: a byte reaches down to 1/63,000 of the largest."""

BYTE_BITS = 8

LAST_EXPONENT = 2**BYTE_BITS - 1

UNITS = {BYTE_BITS: (1,), 4: (2, 4, 8, 16)}
"""Units of exponents by their bits: a byte takes all of them, half a byte 16 that lie apart."""

_BLOCK = 1 << 18
"""Weights that are coded or decoded at a time, so that memory is bounded."""


class PackedRows(NamedTuple):
    """Weights as code x step of the row.

    Attributes:
        codes: uint8; signed codes of ``bits`` bits each, one after another without gaps, each
            raised by 2^(bits - 1) so that it is positive.
        exponents: (num_rows,) uint8; the step of a row is largest_step / 2^(exponent / 16).
        largest_step: In the unit of the weights.
        shape: Of the table that was packed.
        bits: Of a code.
        exponent_bits: A file holds each exponent in so many, divided by the unit.
        exponent_unit: Every exponent is a whole multiple of it.
    """

    codes: np.ndarray
    exponents: np.ndarray
    largest_step: float
    shape: tuple[int, ...]
    bits: int
    exponent_bits: int = BYTE_BITS
    exponent_unit: int = 1


class _Steps(NamedTuple):
    """Exponents of rows that are multiples of a unit, and the error that their steps leave."""

    exponents: np.ndarray
    unit: int
    squared_error: float


def pack_rows(table: np.ndarray, bits: int, exponent_bits: int = BYTE_BITS) -> PackedRows:
    """Round every row to multiples of the step that leaves the least squared error.

    Steps are tried from the one that clips nothing down to half of it: the few largest weights of
    a row may be clipped so that the others are rounded less. Exponents of half a byte leave 16
    steps to a table. They lie an eighth of an octave apart, or further apart where rows are so
    unlike each other that this leaves a smaller squared error.

    Args:
        table: (num_rows, ...) weights, finite and not empty; a vector is one row.
        bits: Of a code, 2 to 8; codes reach from -2^(bits - 1) to 2^(bits - 1) - 1.
        exponent_bits: Of the exponent of a row, 8 or 4.

    Raises:
        ValueError: If there is no such code, or a weight is not finite.
    """
    if not 2 <= bits <= 8:
        raise ValueError(f"bits of a code must lie between 2 and 8, got {bits}.")
    if not np.isfinite(table).all():
        raise ValueError("weights must be finite to be packed.")
    rows = _as_rows(np.asarray(table, np.float32))
    top = np.float32(2 ** (bits - 1) - 1)
    largest = max(float(np.abs(rows).max() / top), float(np.finfo(np.float32).tiny))
    exponents, unit, _ = min(
        (_steps(rows, largest, top, exponent_bits, unit) for unit in UNITS[exponent_bits]),
        key=lambda steps: steps.squared_error,
    )
    codes = []
    for block in _blocks(rows.shape):
        steps = steps_of_rows(exponents[block], largest)
        rounded = _rounded(rows[block] / steps, top)
        exponents[block][~rounded.any(1)] = 0  # of zeros: a file may leave such rows out
        codes.append(without_gaps((rounded + (top + 1)).astype(np.uint8).ravel(), bits))
    return PackedRows(
        np.concatenate(codes), exponents, largest, table.shape, bits, exponent_bits, unit
    )


def unpack_rows(packed: PackedRows) -> np.ndarray:
    """Make the float32 table anew, each weight rounded to a multiple of its row's step.

    Raises:
        ValueError: If the codes or the steps are too few or too many for the shape, or the steps
            are no numbers.
    """
    codes = signed_codes(packed)
    if packed.exponents.shape != (len(codes),) or not math.isfinite(packed.largest_step):
        raise ValueError(f"{len(codes)} rows need a step each, finite numbers.")
    steps = steps_of_rows(packed.exponents, packed.largest_step)
    return np.multiply(codes, steps, dtype=np.float32).reshape(packed.shape)


def signed_codes(packed: PackedRows) -> np.ndarray:
    """Give the multiples of a row's step that weights are: (num_rows, width) int8.

    Raises:
        ValueError: If the codes are too few or too many for the shape.
    """
    shape, bits = packed.shape, packed.bits
    if not 2 <= bits <= 8 or not shape or min(shape) < 1:
        raise ValueError(f"no table has the shape {list(shape)} and {bits} bits.")
    num_codes = math.prod(shape)
    expected = num_bytes(num_codes, bits)
    if len(packed.codes) != expected:
        raise ValueError(
            f"{num_codes} codes of {bits} bits take {expected} bytes, got {len(packed.codes)}."
        )
    num_rows = count_rows(shape)
    signed = np.empty((num_rows, num_codes // num_rows), np.int8)
    for block in _blocks(signed.shape):
        rows = signed[block]
        first = block.start * signed.shape[1] * bits // 8
        found = packed.codes[first : first + num_bytes(rows.size, bits)]
        raised = with_gaps(found, rows.size, bits).reshape(rows.shape)
        rows[:] = raised.astype(np.int16) - 2 ** (bits - 1)
    return signed


def steps_of_rows(exponents: np.ndarray, largest: float) -> np.ndarray:
    """(num_rows,) exponents to (num_rows, 1) float32 steps.

    The power is taken in double precision and rounded once, so that every language finds these
    numbers, whatever its library's single-precision powers are like.
    """
    return (largest * np.exp2(-exponents.astype(np.float64) / STEPS_PER_OCTAVE)).astype(np.float32)[
        :, None
    ]


def count_rows(shape: tuple[int, ...]) -> int:
    """Count the rows of a table that have a step each; a vector is one row."""
    return 1 if len(shape) == 1 else shape[0]


def largest_unit(exponent_bits: int) -> int:
    """Find the largest unit with which all exponents of so many bits fit into a byte."""
    return LAST_EXPONENT // (2**exponent_bits - 1)


def _steps(
    rows: np.ndarray, largest: float, top: np.float32, exponent_bits: int, unit: int
) -> _Steps:
    exponents, squared_error = np.empty(len(rows), np.uint8), 0.0
    for block in _blocks(rows.shape):
        exponents[block], errors = _best_exponents(rows[block], largest, top, exponent_bits, unit)
        squared_error += float(errors.sum(dtype=np.float64))
    return _Steps(exponents, unit, squared_error)


def _best_exponents(
    rows: np.ndarray, largest: float, top: np.float32, exponent_bits: int, unit: int
) -> tuple[np.ndarray, np.ndarray]:
    """Find the exponent of each row among multiples of a unit, and the error that is left.

    Returns:
        (num_rows,) exponents; and squared errors, in squares of the largest step.
    """
    last = (2**exponent_bits - 1) * unit
    with np.errstate(divide="ignore", over="ignore"):  # rows of zeros, or nearly: any step does
        octaves = np.log2(np.float32(largest) / (np.abs(rows).max(1) / top))
    widest = np.clip(np.floor(STEPS_PER_OCTAVE * octaves / unit) * unit, 0, last)
    widest_steps = steps_of_rows(widest, largest)
    exponents, least = widest, np.full(len(rows), np.inf, np.float32)
    for finer in range(0, STEPS_PER_OCTAVE + 1, unit):
        tried = np.minimum(widest + finer, last)
        steps = steps_of_rows(tried, largest)
        in_steps = rows / steps
        error = np.square((_rounded(in_steps, top) - in_steps) * (steps / widest_steps)).sum(1)
        exponents = np.where(error < least, tried, exponents)
        least = np.minimum(error, least)
    return exponents, least * np.square(widest_steps[:, 0] / np.float32(largest))


def _as_rows(table: np.ndarray) -> np.ndarray:
    return table[None] if table.ndim == 1 else table.reshape(len(table), -1)


def _blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Slices of rows whose codes begin and end with a byte, whatever the bits."""
    num_rows, width = shape
    rows_of_block = 8 * max(1, _BLOCK // (8 * width))
    for start in range(0, num_rows, rows_of_block):
        yield slice(start, min(start + rows_of_block, num_rows))


def _rounded(in_steps: np.ndarray, top: np.float32) -> np.ndarray:
    return np.clip(np.rint(in_steps), -top - 1, top)
