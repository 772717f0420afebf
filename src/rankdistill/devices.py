"""Which code a tensor's device calls for."""

from __future__ import annotations

from torch import Tensor


def is_near(tensor: Tensor) -> bool:
    """Whether code may read a tensor's values, or hand it to numpy: on a CPU.

    On a GPU to read one is to wait for all that was asked of it before.
    """
    return tensor.device.type == "cpu"
