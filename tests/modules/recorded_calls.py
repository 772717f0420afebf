"""A stand-in for a device that records work: a replay calls the work again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from torch.optim import Optimizer

from rankdistill.kernels.recording import Recorder, Recording


class RecordedCall(Recording):
    """Work that is called again, and counts how often."""

    def __init__(self, work: Callable[[], None]):
        self._work = work
        self.replays = 0

    def replay(self) -> None:
        self.replays += 1
        self._work()


class CallRecorder(Recorder):
    """Records calls.

    Args:
        waits: Whether the host would wait for the device in every step.
        fails: Whether the device cannot record.
        forgets: What is undone after every replay, as if the recording lacked it.
    """

    def __init__(
        self,
        waits: bool = False,
        fails: bool = False,
        forgets: Callable[[], Callable[[], None]] | None = None,
    ):
        self.waits, self.fails, self.forgets = waits, fails, forgets
        self.recordings: list[RecordedCall] = []

    @contextmanager
    def refusing_to_wait(self) -> Iterator[None]:
        yield
        if self.waits:
            raise RuntimeError("called a synchronizing operation\nand a trace.")

    def record(self, work: Callable[[], None], optimizer: Optimizer) -> Recording:
        if self.fails:
            try:
                raise RuntimeError("operation not permitted when stream is capturing")
            except RuntimeError as error:
                raise RuntimeError("the capture failed") from error
        self.recordings.append(RecordedCall(self._forgetful(work)))
        return self.recordings[-1]

    @property
    def replays(self) -> int:
        """Of all recordings."""
        return sum(recording.replays for recording in self.recordings)

    def _forgetful(self, work: Callable[[], None]) -> Callable[[], None]:
        forgets = self.forgets
        if forgets is None:
            return work

        def forgetful() -> None:
            undo = forgets()
            work()
            undo()

        return forgetful


def use(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let models and stacks find a recorder on the CPU."""
    for place in ("modules.recommender", "stacks.stack"):
        monkeypatch.setattr(f"rankdistill.{place}.recorder_of", lambda device: recorder)
