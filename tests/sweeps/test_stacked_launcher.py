from types import SimpleNamespace

from rankdistill.runs.stack_trainer import StackBounds
from rankdistill.sweeps.stacked_launcher import stacks_of

STACKED = SimpleNamespace(memory_gib=3.0, at_once=5)


def test_the_bounds_are_those_of_the_launcher_that_was_chosen():
    assert stacks_of("stacked", STACKED, "cpu") == StackBounds(3.0, 5)


def test_a_gpu_trains_stacks_unless_another_launcher_was_chosen():
    assert stacks_of("basic", object(), "gpu") == StackBounds(2.0, None)
    assert stacks_of("joblib", object(), "gpu") is None


def test_a_cpu_trains_stacks_where_they_are_asked_for():
    assert stacks_of("basic", object(), "cpu") is None
