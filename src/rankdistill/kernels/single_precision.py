"""Arithmetic that keeps its precision under autocast and where scores are halves."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor


def without_autocast(device_type: str) -> AbstractContextManager[object]:
    """Switch autocast off for a block of code.

    Entering ``torch.autocast`` takes as long as a small operation, so nothing is entered where
    autocast is off already.

    Args:
        device_type: Such as ``cpu`` or ``cuda``.

    Returns:
        A context manager.
    """
    if torch.amp.is_autocast_available(device_type) and torch.is_autocast_enabled(device_type):
        return torch.autocast(device_type, enabled=False)
    return nullcontext()


def at_least_single(values: Tensor) -> Tensor:
    """Turn halves, which have too few digits to add up, into single precision."""
    return values if values.dtype == torch.float64 else values.float()
