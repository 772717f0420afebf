import torch

from rankdistill.kernels.placement import on_cpu, read_together, starts_slowly, wait_for


def test_only_tensors_of_the_cpu_may_be_read():
    assert on_cpu(torch.zeros(1))
    assert not on_cpu(torch.zeros(1, device="meta"))


def test_a_cpu_is_never_waited_for():
    wait_for(torch.device("cpu"))


def test_only_a_cpu_starts_operations_at_once():
    assert not starts_slowly(torch.device("cpu"))
    assert starts_slowly(torch.device("cuda"))


def test_what_is_read_together_keeps_shapes_and_values():
    read = read_together([torch.tensor([[1.5, float("nan")]]), torch.tensor(2**40), torch.ones(0)])
    assert [each.shape for each in read] == [(1, 2), (), (0,)]
    assert all(each.dtype == torch.float64 and on_cpu(each) for each in read)
    assert (float(read[0][0, 0]), bool(read[0][0, 1].isnan()), int(read[1])) == (1.5, True, 2**40)
