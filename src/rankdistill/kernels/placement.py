"""Where a tensor lies, which decides how a kernel does its arithmetic."""

from __future__ import annotations

from torch import Tensor


def on_cpu(tensor: Tensor) -> bool:
    """Tell whether a kernel may read the tensor's values or hand it to numpy.

    Reading one value of a GPU's tensor waits for all the work that was queued before it.
    """
    return tensor.device.type == "cpu"
