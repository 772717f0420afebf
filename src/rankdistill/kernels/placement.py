"""Where a tensor lies, which decides how a kernel does its arithmetic."""

from __future__ import annotations

import torch
from torch import Tensor


def on_cpu(tensor: Tensor) -> bool:
    """Tell whether a kernel may read the tensor's values or hand it to numpy.

    Reading one value of a GPU's tensor waits for all the work that was queued before it.
    """
    return tensor.device.type == "cpu"


def starts_slowly(device: torch.device) -> bool:
    """Tell whether starting an operation takes longer than what a small one does."""
    return device.type != "cpu"


def wait_for(device: torch.device) -> None:
    """Return once a device has done what it was given; a CPU always has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
