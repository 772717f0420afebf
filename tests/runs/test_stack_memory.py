"""What a stack takes is looked at once, after its first batches."""

from types import SimpleNamespace
from typing import Any

import pytest

from rankdistill.runs import stack_memory
from rankdistill.runs.stack_memory import StackMemory

TRAINER: Any = SimpleNamespace(strategy=SimpleNamespace(root_device="gpu"))
MODULE: Any = None


def after_steps(monkeypatch, memory, *peaks):
    """End as many batches as there are peaks."""
    left = list(peaks)
    monkeypatch.setattr(stack_memory, "begin_peak", lambda device: None)
    monkeypatch.setattr(stack_memory, "peak_bytes", lambda device: left.pop(0))
    memory.setup(TRAINER, MODULE, "fit")
    for _ in peaks:
        memory.on_train_batch_end(TRAINER, MODULE, None, None, 0)
    return left


def test_the_first_step_says_what_a_job_takes(monkeypatch):
    memory = StackMemory(4, bound=1000.0)
    assert after_steps(monkeypatch, memory, 800, 900) == [900]
    assert memory.bytes_of_job == 200


def test_a_stack_that_takes_more_than_it_may_is_stopped(monkeypatch):
    memory = StackMemory(4, bound=2.0**30)
    with pytest.raises(MemoryError, match=r"4 models take 1\.5 GiB"):
        after_steps(monkeypatch, memory, 1.5 * 2**30)


def test_a_device_that_does_not_count_bounds_nothing(monkeypatch):
    memory = StackMemory(4, bound=0.0)
    assert after_steps(monkeypatch, memory, None, None) == []
    assert memory.bytes_of_job is None
