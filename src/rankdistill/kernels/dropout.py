"""Dropout that repeats with its seed, and costs a CPU a third of PyTorch's own."""

from __future__ import annotations

from torch import Tensor

from rankdistill.draws.draws import Draws

_LEVELS = 256
"""What is drawn are bytes: a share is met to one in 256."""


def dropout(values: Tensor, share: float, draws: Draws) -> Tensor:
    """Set a share of the values to zero, and scale the others so that the mean stays.

    Args:
        values: Of any shape.
        share: In [0, 1), rounded to one in 256.
        draws: Source of what is dropped, on the device of the values.

    Returns:
        As many values; kept ones are divided by the share that is kept.
    """
    dropped = min(round(share * _LEVELS), _LEVELS - 1)
    if dropped == 0:
        return values
    kept = draws.bytes(values.shape) >= dropped
    return values * kept.to(values.dtype).mul_(_LEVELS / (_LEVELS - dropped))
