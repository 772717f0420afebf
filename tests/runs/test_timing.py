from types import SimpleNamespace

import pytest
import torch

from rankdistill.runs import timing
from rankdistill.runs.timing import median_seconds

CPU = torch.device("cpu")


@pytest.fixture
def clock(monkeypatch):
    """A clock that only the calls move on."""
    made = SimpleNamespace(now=100.0)
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: made.now))
    return made


def taking(clock, *seconds):
    """A call that takes these seconds, one after another."""
    left = iter(seconds)

    def call():
        clock.now += next(left)

    return call


def test_the_middle_of_the_turns_counts_and_the_first_turn_does_not(clock):
    first = taking(clock, 64.0, 1.0, 8.0, 2.0)
    second = taking(clock, 0.25, 0.5, 0.5, 32.0)
    assert median_seconds([first, second], CPU, repetitions=3) == [2.0, 0.5]


def test_calls_take_turns():
    order = []
    median_seconds([lambda: order.append("a"), lambda: order.append("b")], CPU, repetitions=2)
    assert order == ["a", "b"] * 3


def test_the_wait_for_the_device_is_part_of_the_time(clock, monkeypatch):
    def wait(device):
        assert device == CPU
        clock.now += 4.0

    monkeypatch.setattr(timing, "wait_for", wait)
    assert median_seconds([taking(clock, 1.0, 1.0)], CPU, repetitions=1) == [5.0]


def test_no_gradients_are_kept_while_calls_are_timed():
    weight = torch.ones(2, requires_grad=True)
    results = []
    median_seconds([lambda: results.append(weight * 2)], CPU, repetitions=1)
    assert [result.requires_grad for result in results] == [False, False]
