"""How many jobs a stack holds."""

from dataclasses import replace

import pytest
from tests.running import SMALL, composed, small_datamodule

from rankdistill.runs.models import make_model
from rankdistill.stacks.memory import bytes_of_job, jobs_at_once

STUDENT = (*SMALL, "module=student")
GIB = 2**30


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def module_of(datamodule, *overrides):
    return make_model(composed("train", *STUDENT, *overrides), datamodule, None)


def test_a_job_takes_more_with_more_weights_and_longer_batches(datamodule):
    train = datamodule.split.train
    small, long, wide = (
        bytes_of_job(module_of(datamodule, size, f"training.batch_size={rows}"), train)
        for size, rows in (("size=d2", 16), ("size=d2", 64), ("size=d8", 16))
    )
    assert long - small >= 4 * 48 * train.num_items  # a batch has 48 rows of scores more
    assert wide - small == 4 * 4 * 6 * (train.num_users + train.num_items)


def test_a_batch_has_no_more_rows_than_there_are_users(datamodule):
    train = datamodule.split.train
    sizes = {
        bytes_of_job(module_of(datamodule, f"training.batch_size={rows}"), train)
        for rows in (train.num_users, 100 * train.num_users)
    }
    assert len(sizes) == 1


def test_a_stack_holds_what_fits_and_at_least_one_job():
    for fitting in (1, 3, 40):
        assert jobs_at_once(1000, (fitting + 0.5) * 1000 / GIB, None, on_cpu=False) == fitting
    assert jobs_at_once(1000, 100 / GIB, None, on_cpu=True) == 1


def test_on_a_cpu_no_more_jobs_share_a_stack_than_pay():
    assert jobs_at_once(1000, 100.0, None, on_cpu=True) == 12
    assert jobs_at_once(1000, 100.0, None, on_cpu=False) > 1000


def test_what_is_asked_for_bounds_a_stack_and_memory_bounds_it_still():
    assert jobs_at_once(1000, 100.0, 30, on_cpu=True) == 30
    assert jobs_at_once(1000, 2500 / GIB, 30, on_cpu=True) == 2


def test_more_data_take_more_memory(datamodule):
    module, train = module_of(datamodule), datamodule.split.train
    other = replace(train, num_items=10 * train.num_items)
    assert bytes_of_job(module, other) > bytes_of_job(module, train)
