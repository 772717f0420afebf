"""Tables of weights as whole multiples of a step per row: a few bits a weight, a byte a row."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

STEPS_PER_OCTAVE = 16
"""Steps lie on a grid of ratio 2^(1/16), 4%: a byte reaches down to 1/63,000 of the largest."""

LAST_EXPONENT = 255

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
    """

    codes: np.ndarray
    exponents: np.ndarray
    largest_step: float
    shape: tuple[int, ...]
    bits: int


def pack_rows(table: np.ndarray, bits: int) -> PackedRows:
    """Round every row to multiples of the step that leaves the least squared error.

    Steps are tried from the one that clips nothing down to half of it: the few largest weights of
    a row may be clipped so that the others are rounded less.

    Args:
        table: (num_rows, ...) weights, finite and not empty; a vector is one row.
        bits: Of a code, 2 to 8; codes are symmetric around zero.

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
    exponents, codes = np.empty(len(rows), np.uint8), []
    for block in _blocks(rows.shape):
        exponents[block] = _best_exponents(rows[block], largest, top)
        steps = steps_of_rows(exponents[block], largest)
        positive = _rounded(rows[block] / steps, top) + (top + 1)
        codes.append(_without_gaps(positive.astype(np.uint8).ravel(), bits))
    return PackedRows(np.concatenate(codes), exponents, largest, table.shape, bits)


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
    expected = -(-num_codes * bits // 8)
    if len(packed.codes) != expected:
        raise ValueError(
            f"{num_codes} codes of {bits} bits take {expected} bytes, got {len(packed.codes)}."
        )
    num_rows = 1 if len(shape) == 1 else shape[0]
    signed = np.empty((num_rows, num_codes // num_rows), np.int8)
    for block in _blocks(signed.shape):
        rows = signed[block]
        first = block.start * signed.shape[1] * bits // 8
        found = packed.codes[first : first + -(-rows.size * bits // 8)]
        raised = _with_gaps(found, rows.size, bits).reshape(rows.shape)
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


def _best_exponents(rows: np.ndarray, largest: float, top: np.float32) -> np.ndarray:
    with np.errstate(divide="ignore", over="ignore"):  # rows of zeros, or nearly: any step does
        octaves = np.log2(np.float32(largest) / (np.abs(rows).max(1) / top))
    widest = np.clip(np.floor(STEPS_PER_OCTAVE * octaves), 0, LAST_EXPONENT)
    unit = steps_of_rows(widest, largest)
    exponents, least = widest, np.full(len(rows), np.inf, np.float32)
    for finer in range(STEPS_PER_OCTAVE + 1):
        tried = np.minimum(widest + finer, LAST_EXPONENT)
        steps = steps_of_rows(tried, largest)
        in_steps = rows / steps
        error = np.square((_rounded(in_steps, top) - in_steps) * (steps / unit)).sum(1)
        exponents = np.where(error < least, tried, exponents)
        least = np.minimum(error, least)
    return exponents


def _as_rows(table: np.ndarray) -> np.ndarray:
    return table[None] if table.ndim == 1 else table.reshape(len(table), -1)


def _blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Slices of rows whose codes begin and end with a byte, whatever the bits."""
    num_rows, width = shape
    rows_of_block = 8 * max(1, _BLOCK // (8 * width))
    for start in range(0, num_rows, rows_of_block):
        yield slice(start, min(start + rows_of_block, num_rows))


def _rounded(in_steps: np.ndarray, top: np.float32) -> np.ndarray:
    return np.clip(np.rint(in_steps), -top, top)


def _without_gaps(codes: np.ndarray, bits: int) -> np.ndarray:
    """(n,) uint8 codes below 2^bits to their (ceil(n * bits / 8),) bytes."""
    return np.packbits(np.unpackbits(codes[:, None], axis=1)[:, 8 - bits :])


def _with_gaps(packed: np.ndarray, num_codes: int, bits: int) -> np.ndarray:
    """Undo ``_without_gaps``, eight codes at a time: one code a byte again."""
    num_groups = -(-num_codes // 8)
    filled = np.zeros(num_groups * bits, np.uint8)
    filled[: len(packed)] = packed
    groups = np.zeros((num_groups, 8), np.uint8)
    groups[:, 8 - bits :] = filled.reshape(num_groups, bits)
    shifts = np.arange(7 * bits, -1, -bits).astype(np.uint64)
    codes = (groups.view(">u8") >> shifts) & np.uint64(2**bits - 1)
    return codes.astype(np.uint8).ravel()[:num_codes]
