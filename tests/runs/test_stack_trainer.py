"""Which models are trained side by side, how many at once, and what happens without memory."""

import pytest
import torch
from tests.running import SMALL, composed, small_datamodule

from rankdistill.runs.models import make_model
from rankdistill.runs.stack_trainer import StackBounds, StackedJob, fit_side_by_side
from rankdistill.stacks.stack import Stack

NO_BOUND = StackBounds(100.0, None)


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def jobs_of(datamodule, *each):
    cfgs = [composed("train", *SMALL, "module=student", "size=d2", own) for own in each]
    return [
        StackedJob(
            f"job {number}", make_model(cfg, datamodule, None), cfg.trainer, cfg.evaluation.monitor
        )
        for number, cfg in enumerate(cfgs)
    ]


def seeds(number):
    return [f"seed.initialization={seed}" for seed in range(number)]


@pytest.fixture
def stacks(monkeypatch):
    """The sizes of the stacks that were tried; ``limit`` is what fits into memory."""

    class Tried(list):
        limit = 1000
        error = torch.OutOfMemoryError("CUDA out of memory")

    tried = Tried()
    real = Stack.__init__

    def noted(self, jobs, *rest):
        tried.append(len(jobs))
        if len(jobs) > tried.limit:
            raise tried.error
        real(self, jobs, *rest)

    monkeypatch.setattr(Stack, "__init__", noted)
    return tried


def fitted(jobs, datamodule, bounds=NO_BOUND):
    said = []
    return fit_side_by_side(jobs, datamodule, bounds, "jobs", said.append), said


@pytest.mark.slow
def test_all_that_fit_together_are_trained_at_once(datamodule, stacks):
    fits, said = fitted(jobs_of(datamodule, *seeds(3)), datamodule)
    assert stacks == [3]
    assert all(fit is not None and len(fit.curves) == 2 for fit in fits)
    assert said == []


@pytest.mark.slow
def test_what_cannot_share_a_stack_is_told_and_left_to_be_trained_alone(datamodule, stacks):
    jobs = jobs_of(datamodule, *seeds(1), "backbone=lightgcn", "seed.initialization=5")
    fits, said = fitted(jobs, datamodule)
    assert [fit is None for fit in fits] == [False, True, False]
    assert stacks == [2]
    assert said == ["job 1 is trained alone: LightGCN is no matrix factorization."]


@pytest.mark.slow
def test_no_more_are_trained_at_once_than_is_asked_for(datamodule, stacks):
    fits, _ = fitted(jobs_of(datamodule, *seeds(5)), datamodule, StackBounds(100.0, 2))
    assert stacks == [2, 2]
    assert [fit is None for fit in fits] == [False, False, False, False, True]


@pytest.mark.parametrize("bounds", [StackBounds(100.0, 1), StackBounds(1e-9, None)])
def test_nothing_is_stacked_where_one_model_is_all_that_fits(datamodule, stacks, bounds):
    fits, _ = fitted(jobs_of(datamodule, *seeds(2)), datamodule, bounds)
    assert fits == [None, None]
    assert stacks == []


def test_one_model_is_no_stack(datamodule, stacks):
    assert fitted(jobs_of(datamodule, *seeds(1)), datamodule) == ([None], [])
    assert fitted([], datamodule) == ([], [])
    assert stacks == []


def no_memory_on_this_machine():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**58)
    return caught.value


OUT_OF_MEMORY = [torch.OutOfMemoryError("CUDA out of memory"), MemoryError()]


@pytest.mark.slow
@pytest.mark.parametrize("error", [*OUT_OF_MEMORY, None], ids=["GPU", "Python", "CPU"])
def test_a_stack_that_does_not_fit_into_memory_is_halved_and_goes_on(datamodule, stacks, error):
    stacks.limit, stacks.error = 2, error or no_memory_on_this_machine()
    fits, _ = fitted(jobs_of(datamodule, *seeds(4)), datamodule)
    assert stacks == [4, 2, 2]
    assert all(fit is not None for fit in fits)


@pytest.mark.slow
def test_halved_jobs_end_as_in_the_whole_stack(datamodule, stacks):
    whole, _ = fitted(jobs_of(datamodule, *seeds(4)), datamodule)
    stacks.limit = 2
    halves, _ = fitted(jobs_of(datamodule, *seeds(4)), datamodule)
    for one, other in zip(whole, halves, strict=True):
        assert one is not None
        assert other is not None
        torch.testing.assert_close(one.weights, other.weights)


@pytest.mark.slow
def test_the_next_stack_is_as_large_as_the_first_one_showed_that_it_may_be(
    datamodule, stacks, monkeypatch
):
    counted = {6: 200, 4: 100}  # bytes of a stack, by its size
    monkeypatch.setattr("rankdistill.runs.stack_trainer.bytes_of_job", lambda *_: 50)
    monkeypatch.setattr("rankdistill.runs.stack_memory.peak_bytes", lambda _: counted[stacks[-1]])
    fits, _ = fitted(jobs_of(datamodule, *seeds(10)), datamodule, StackBounds(300 / 2**30, None))
    assert stacks == [6, 4]
    assert all(fit is not None for fit in fits)
    stacks.clear()
    counted[6] = 600
    counted[3] = 240
    fitted(jobs_of(datamodule, *seeds(9)), datamodule, StackBounds(300 / 2**30, None))
    assert stacks == [6, 3, 3, 3]


def test_what_does_not_fit_by_two_is_trained_alone(datamodule, stacks):
    stacks.limit = 1
    fits, _ = fitted(jobs_of(datamodule, *seeds(4)), datamodule)
    assert stacks == [4, 2, 2]
    assert fits == [None] * 4


def test_an_error_that_is_not_of_memory_is_raised(datamodule, stacks):
    stacks.limit, stacks.error = 0, RuntimeError("shapes do not fit")
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        fitted(jobs_of(datamodule, *seeds(4)), datamodule)
    assert stacks == [4]


def test_ctrl_c_in_a_stack_reaches_the_caller(datamodule, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Stack, "training_step", interrupted)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with pytest.raises(KeyboardInterrupt):
        fitted(jobs_of(datamodule, *seeds(2)), datamodule)


@pytest.mark.slow
def test_a_watcher_may_end_one_job_and_the_others_go_on(datamodule):
    first, second = jobs_of(datamodule, *seeds(2))
    stopped = first._replace(watch=lambda epoch, value: True)
    fits, _ = fitted([stopped, second], datamodule)
    assert [len(fit.curves) for fit in fits if fit is not None] == [1, 2]
