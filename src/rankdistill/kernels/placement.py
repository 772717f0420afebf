"""Where a tensor lies, which decides how a kernel does its arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

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


def read_together(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Copy tensors to the host at once: a program waits for a GPU once, however many there are.

    Args:
        tensors: On one device; integers up to 2**53.

    Returns:
        float64 tensors of their shapes, on the CPU.
    """
    values = torch.cat([each.detach().double().flatten() for each in tensors]).cpu()
    parts = values.split([each.numel() for each in tensors])
    return [part.view(each.shape) for part, each in zip(parts, tensors, strict=True)]


def wait_for(device: torch.device) -> None:
    """Return once a device has done what it was given; a CPU always has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
