"""Numbers of a few bits each as bytes, one number after another without gaps."""

from __future__ import annotations

import numpy as np


def without_gaps(numbers: np.ndarray, bits: int) -> np.ndarray:
    """Join numbers, the first one at the highest bits of the first byte.

    Args:
        numbers: (n,) uint8, below 2^bits.
        bits: Of a number, 1 to 8.

    Returns:
        (ceil(n * bits / 8),) uint8; bits that are left over are zero.
    """
    return np.packbits(np.unpackbits(numbers[:, None], axis=1)[:, 8 - bits :])


def with_gaps(joined: np.ndarray, number: int, bits: int) -> np.ndarray:
    """Part what ``without_gaps`` joined: (number,) uint8.

    Args:
        joined: Their bytes, no more than they take.
        number: How many there are.
        bits: Of each.
    """
    num_groups = -(-number // 8)  # eight numbers take as many bytes as each has bits
    filled = np.zeros(num_groups * bits, np.uint8)
    filled[: len(joined)] = joined
    groups = np.zeros((num_groups, 8), np.uint8)
    groups[:, 8 - bits :] = filled.reshape(num_groups, bits)
    shifts = np.arange(7 * bits, -1, -bits).astype(np.uint64)
    parted = (groups.view(">u8") >> shifts) & np.uint64(2**bits - 1)
    return parted.astype(np.uint8).ravel()[:number]


def num_bytes(number: int, bits: int) -> int:
    """Count the bytes of so many numbers without gaps."""
    return -(-number * bits // 8)
