"""SplitMix64: random numbers that are a function of a key and of a place.

Reference:
    Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014: the
    number at place n is ``mixed(key + n * GAMMA)``.
"""

from __future__ import annotations

from torch import Tensor


def _signed(number: int) -> int:
    """Read 64 bits as int64 does, PyTorch's widest integer."""
    return number - 2**64 if number >= 2**63 else number


GAMMA = _signed(0x9E3779B97F4A7C15)
"""What lies between two places: 2**64 divided by the golden ratio, made odd."""

_FIRST, _SECOND = _signed(0xBF58476D1CE4E5B9), _signed(0x94D049BB133111EB)


def mixed(numbers: Tensor) -> Tensor:
    """Mix the bits of int64 of any shape in place, one to one (products wrap around)."""
    numbers ^= _shifted(numbers, 30)
    numbers *= _FIRST
    numbers ^= _shifted(numbers, 27)
    numbers *= _SECOND
    numbers ^= _shifted(numbers, 31)
    return numbers


def _shifted(numbers: Tensor, places: int) -> Tensor:
    """Shift bits to the right and fill up with zeros, whatever the sign."""
    return (numbers >> places).bitwise_and_(2 ** (64 - places) - 1)
