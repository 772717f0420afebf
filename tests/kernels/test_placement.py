import torch

from rankdistill.kernels.placement import on_cpu, wait_for


def test_only_tensors_of_the_cpu_may_be_read():
    assert on_cpu(torch.zeros(1))
    assert not on_cpu(torch.zeros(1, device="meta"))


def test_a_cpu_is_never_waited_for():
    wait_for(torch.device("cpu"))
