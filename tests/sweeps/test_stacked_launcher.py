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


@pytest.fixture
def six_cores(monkeypatch):
    monkeypatch.setattr("rankdistill.sweeps.stacked_launcher.cores", lambda: 6)


@pytest.mark.usefixtures("six_cores")
def test_on_a_cpu_each_core_has_a_process():
    stacks = stacks_of("stacked", chosen(None), "cpu")
    assert stacks == StackedSweep(StackBounds(3.0, 5), 6)
    assert [stacks.processes_for(jobs) for jobs in (1, 4, 216)] == [1, 4, 6]


@pytest.mark.usefixtures("two_gpus", "six_cores")
def test_gpus_train_stacks_unless_another_launcher_was_chosen():
    by_default = stacks_of("basic", object(), "gpu")
    assert by_default == StackedSweep(StackBounds(2.0, None), 6, ("4", "7"), 16)
    assert [by_default.processes_for(jobs) for jobs in (1, 16, 17, 216)] == [1, 1, 2, 6]
    assert stacks_of("stacked", chosen(2), "gpu") == StackedSweep(
        StackBounds(3.0, 5), 2, ("4", "7")
    )
    assert stacks_of("joblib", object(), "gpu") is None


def test_processes_that_run_divide_the_memory_of_their_device():
    on_cpu = StackedSweep(StackBounds(3.0, 5), 64)
    assert on_cpu.of_each(4) == StackedSweep(StackBounds(0.75, 5))
    on_gpus = StackedSweep(StackBounds(3.0, 5), 8, ("4", "7"), 16)
    assert on_gpus.of_each(3) == StackedSweep(StackBounds(1.5, 5), 1, ("4", "7"), 16)


def test_a_cpu_trains_stacks_where_they_are_asked_for():
    assert stacks_of("basic", object(), "cpu") is None
