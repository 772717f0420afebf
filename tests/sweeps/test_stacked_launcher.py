from types import SimpleNamespace

import pytest

from rankdistill.runs.stack_trainer import StackBounds
from rankdistill.sweeps.stacked_launcher import StackedSweep, stacks_of


def chosen(n_jobs):
    return SimpleNamespace(n_jobs=n_jobs, memory_gib=3.0, at_once=5)


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")


def test_the_bounds_are_those_of_the_launcher_that_was_chosen():
    assert stacks_of("stacked", chosen(1), "cpu") == StackedSweep(StackBounds(3.0, 5))


def test_on_a_cpu_a_process_for_each_core_has_its_share_of_the_memory(monkeypatch):
    monkeypatch.setattr("rankdistill.sweeps.stacked_launcher.cores", lambda: 6)
    assert stacks_of("stacked", chosen(None), "cpu") == StackedSweep(StackBounds(0.5, 5), 6)


@pytest.mark.usefixtures("two_gpus")
def test_a_process_for_each_gpu_trains_stacks_unless_another_launcher_was_chosen():
    by_default = StackedSweep(StackBounds(2.0, None), 2, ("4", "7"))
    assert stacks_of("basic", object(), "gpu") == by_default
    assert stacks_of("stacked", chosen(None), "gpu").processes == 2
    assert stacks_of("joblib", object(), "gpu") is None


def test_a_cpu_trains_stacks_where_they_are_asked_for():
    assert stacks_of("basic", object(), "cpu") is None
