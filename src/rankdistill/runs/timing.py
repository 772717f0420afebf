"""How long calls take, several in turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

import torch

from rankdistill.kernels.placement import wait_for


@torch.inference_mode()
def median_seconds(
    calls: Sequence[Callable[[], object]], device: torch.device, repetitions: int
) -> list[float]:
    """Time calls that take turns, so that a drift of the machine's speed meets all of them.

    Args:
        calls: What to time.
        device: Where they compute; a GPU is waited for.
        repetitions: Turns of each call, after one that does not count.

    Returns:
        The median seconds of each call.
    """
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(repetitions + 1):
        for call, times in zip(calls, taken, strict=True):
            start = time.perf_counter()
            call()
            wait_for(device)
            times.append(time.perf_counter() - start)
    return [statistics.median(times[1:]) for times in taken]
