"""Tables of weights as whole multiples of a step per row: a few bits a weight, a byte a row."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

STEPS_PER_OCTAVE = 16
"""Steps lie on a grid of ratio 2^(1/16), 4%: a byte reaches down to 1/63,000 of the largest."""

LAST_EXPONENT = 255


class PackedRows(NamedTuple):
    """Weights as code x step of the row.

    Attributes:
        codes: uint8; signed codes of ``bits`` bits each, one after another without gaps.
        exponents: (num_rows,) uint8; the step of a row is largest_step / 2^(exponent / 16).
        largest_step: In the unit of the weights.
        shape: Of the table that was packed.
        bits: Of a code.
    """

    codes: Tensor
    exponents: Tensor
    largest_step: float
    shape: tuple[int, ...]
    bits: int


def pack_rows(table: Tensor, bits: int) -> PackedRows:
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
    if not bool(torch.isfinite(table).all()):
        raise ValueError("weights must be finite to be packed.")
    rows = _as_rows(table.detach().cpu().float())
    top = 2 ** (bits - 1) - 1
    steps = rows.abs().amax(1) / top
    largest = max(float(steps.max()), torch.finfo(torch.float32).tiny)
    widest = (STEPS_PER_OCTAVE * torch.log2(largest / steps)).floor().clamp(0, LAST_EXPONENT)
    exponents, least = widest, torch.full_like(widest, torch.inf)
    for finer in range(STEPS_PER_OCTAVE + 1):
        tried = (widest + finer).clamp(max=LAST_EXPONENT)
        step = _steps(tried, largest)
        error = (_codes(rows, step, top) * step - rows).square().sum(1)
        exponents = torch.where(error < least, tried, exponents)
        least = torch.minimum(error, least)
    codes = _codes(rows, _steps(exponents, largest), top) + (top + 1)
    packed = _without_gaps(codes.to(torch.uint8).flatten().numpy(), bits)
    return PackedRows(
        torch.from_numpy(packed), exponents.to(torch.uint8), largest, tuple(table.shape), bits
    )


def unpack_rows(packed: PackedRows) -> Tensor:
    """The float32 table that was packed, each weight rounded to a multiple of its row's step.

    Raises:
        ValueError: If the codes or the steps are too few or too many for the shape, or the steps
            are no numbers.
    """
    shape, bits = packed.shape, packed.bits
    codes = _with_gaps(packed.codes.numpy(), int(np.prod(shape)), bits)
    num_rows = 1 if len(shape) == 1 else shape[0]
    if packed.exponents.shape != (num_rows,) or not math.isfinite(packed.largest_step):
        raise ValueError(f"{num_rows} rows need a step each, finite numbers.")
    rows = _as_rows(torch.from_numpy(codes).float().view(*shape)) - 2 ** (bits - 1)
    return (rows * _steps(packed.exponents, packed.largest_step)).view(*shape)


def _as_rows(table: Tensor) -> Tensor:
    return table.unsqueeze(0) if table.dim() == 1 else table.flatten(1)


def _steps(exponents: Tensor, largest: float) -> Tensor:
    """(num_rows,) exponents to (num_rows, 1) steps."""
    return (largest * torch.exp2(-exponents.float() / STEPS_PER_OCTAVE)).unsqueeze(1)


def _codes(rows: Tensor, steps: Tensor, top: int) -> Tensor:
    return (rows / steps).round().clamp(-top, top)


def _without_gaps(codes: np.ndarray, bits: int) -> np.ndarray:
    """(n,) uint8 codes below 2^bits to their (ceil(n * bits / 8),) bytes."""
    return np.packbits(np.unpackbits(codes[:, None], axis=1)[:, 8 - bits :])


def _with_gaps(packed: np.ndarray, num_codes: int, bits: int) -> np.ndarray:
    """The inverse: one code a byte again."""
    expected = -(-num_codes * bits // 8)
    if len(packed) != expected:
        raise ValueError(
            f"{num_codes} codes of {bits} bits take {expected} bytes, got {len(packed)}."
        )
    columns = np.unpackbits(packed, count=num_codes * bits).reshape(num_codes, bits)
    return np.packbits(np.pad(columns, ((0, 0), (8 - bits, 0))), axis=1)[:, 0]
