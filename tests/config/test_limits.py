import os

import pytest

from rankdistill.config.limits import check_accelerator, check_processes, check_seed, check_threads


@pytest.mark.parametrize("threads", [0, -1, 10**6])
def test_threads_that_there_cannot_be_are_refused(threads):
    check_threads("trainer.threads", None)
    check_threads("trainer.threads", 1)
    with pytest.raises(ValueError, match=r"trainer\.threads must lie between 1"):
        check_threads("trainer.threads", threads)


@pytest.mark.parametrize("devices", [-1, 0, 10_000, "many", None, [0, 1]])
def test_processes_that_there_cannot_be_are_refused(devices):
    for possible in ("auto", 2, "2"):
        check_processes(possible)
    with pytest.raises(ValueError, match=r"trainer\.devices must lie between 1"):
        check_processes(devices)


def test_an_accelerator_that_is_none_is_refused_with_the_nearest():
    check_accelerator("auto")
    with pytest.raises(ValueError, match=r"trainer\.accelerator is 'tpu'; did you mean 'gpu'"):
        check_accelerator("tpu")


def test_a_process_for_each_core_is_borne():
    check_processes(os.cpu_count() or 1)


@pytest.mark.parametrize("seed", [-1, 1 << 32, 10**30])
def test_a_seed_that_a_generator_does_not_take_is_refused(seed):
    check_seed("split", (1 << 32) - 1)
    with pytest.raises(ValueError, match=r"seed\.split must be a number from 0"):
        check_seed("split", seed)
