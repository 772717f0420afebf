"""What tensors take on a device that counts it."""

from __future__ import annotations

import torch


def begin_peak(device: torch.device) -> None:
    """Forget the most that tensors have taken so far."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak_bytes(device: torch.device) -> int | None:
    """The most that tensors have taken since ``begin_peak``; None where nobody counts, on a CPU."""
    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None
