import torch

from rankdistill.kernels.placement import on_cpu, starts_slowly, wait_for


def test_only_tensors_of_the_cpu_may_be_read():
    assert on_cpu(torch.zeros(1))
    assert not on_cpu(torch.zeros(1, device="meta"))


def test_a_cpu_is_never_waited_for():
    wait_for(torch.device("cpu"))


def test_only_a_cpu_starts_operations_at_once():
    assert not starts_slowly(torch.device("cpu"))
    assert starts_slowly(torch.device("cuda"))
