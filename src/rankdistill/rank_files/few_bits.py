"""Numbers of a few bits each as bytes, one number after another without gaps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

_BLOCK = 1 << 18
"""Numbers that are joined or parted at a time, so that memory is bounded; whole bytes of them."""


def without_gaps(numbers: np.ndarray, bits: int) -> np.ndarray:
    """Join numbers, the first one at the highest bits of the first byte.

    Args:
        numbers: (n,) uint8, below 2^bits.
        bits: Of a number, 1 to 8.

    Returns:
        (ceil(n * bits / 8),) uint8; bits that are left over are zero.
    """
    joined = np.empty(num_bytes(len(numbers), bits), np.uint8)
    for block, of_bytes in _blocks(len(numbers), bits):
        each_bit = np.unpackbits(numbers[block, None], axis=1)
        joined[of_bytes] = np.packbits(each_bit[:, 8 - bits :])
    return joined


def with_gaps(joined: np.ndarray, number: int, bits: int) -> np.ndarray:
    """Part what ``without_gaps`` joined: (number,) uint8.

    Args:
        joined: Their bytes, as many as they take.
        number: How many there are.
        bits: Of each.
    """
    parted = np.empty(number, np.uint8)
    for block, of_bytes in _blocks(number, bits):
        parted[block] = _parted(joined[of_bytes], bits)[: block.stop - block.start]
    return parted


def num_bytes(number: int, bits: int) -> int:
    """Count the bytes of so many numbers without gaps."""
    return -(-number * bits // 8)


def _blocks(number: int, bits: int) -> Iterator[tuple[slice, slice]]:
    """Give slices of numbers and those of their bytes."""
    for first in range(0, number, _BLOCK):
        end = min(first + _BLOCK, number)
        yield slice(first, end), slice(num_bytes(first, bits), num_bytes(end, bits))


def _parted(joined: np.ndarray, bits: int) -> np.ndarray:
    """Part bytes, eight numbers at a time: as many bytes as each number has bits."""
    num_groups = -(-len(joined) // bits)
    filled = np.zeros(num_groups * bits, np.uint8)
    filled[: len(joined)] = joined
    groups = np.zeros((num_groups, 8), np.uint8)
    groups[:, 8 - bits :] = filled.reshape(num_groups, bits)
    shifts = np.arange(7 * bits, -1, -bits).astype(np.uint64)
    parted = (groups.view(">u8") >> shifts) & np.uint64(2**bits - 1)
    return parted.astype(np.uint8).ravel()
