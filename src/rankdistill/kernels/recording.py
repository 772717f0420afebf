"""Work on a device that is recorded once and then repeated at the price of one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import torch
from torch.optim import Optimizer


class Recording(Protocol):
    """Recorded work."""

    def replay(self) -> None:
        """Do the work again, on what the tensors hold now that it was recorded with."""
        ...


class Recorder(Protocol):
    """Records work of a device."""

    def refusing_to_wait(self) -> AbstractContextManager[None]:
        """Raise a RuntimeError where the host would wait for a value from the device."""
        ...

    def record(self, work: Callable[[], None], optimizer: Optimizer) -> Recording:
        """Record work without doing it.

        Args:
            work: It reads and writes tensors in their places, and asks for no value.
            optimizer: Takes a step in it.

        Raises:
            RuntimeError: If the device cannot record it.
        """
        ...


def recorder_of(device: torch.device) -> Recorder | None:
    """The recorder of a device; None where calls cost next to nothing."""
    return _CudaGraphs(device) if device.type == "cuda" else None


class _CudaGraphs(Recorder):
    """Records CUDA graphs: a replay starts all operations of the work by one call."""

    def __init__(self, device: torch.device):
        self._device = device
        self._stream = torch.cuda.Stream(device)

    @contextmanager
    def refusing_to_wait(self) -> Iterator[None]:
        mode = torch.cuda.get_sync_debug_mode()
        torch.cuda.set_sync_debug_mode("error")
        try:
            yield
        finally:
            torch.cuda.set_sync_debug_mode(mode)

    def record(self, work: Callable[[], None], optimizer: Optimizer) -> Recording:
        graph = torch.cuda.CUDAGraph()
        current = torch.cuda.current_stream(self._device)
        recording = torch.cuda.graph(graph, stream=self._stream)
        # A recording that fails leaves its stream the current one, so the outer context sets it.
        with torch.cuda.stream(current), _capturable(optimizer), recording:
            work()
        return graph


@contextmanager
def _capturable(optimizer: Optimizer) -> Iterator[None]:
    """Let a fused optimizer be recorded: its steps are counted on the device already.

    Outside of a recording PyTorch warns of the mark, so it is taken back.
    """
    for group in optimizer.param_groups:
        group["capturable"] = True
    try:
        yield
    finally:
        for group in optimizer.param_groups:
            group["capturable"] = False
