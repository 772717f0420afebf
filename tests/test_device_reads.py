"""Copies between the host and a GPU are told from what stays on either."""

import pytest
import torch

from rankdistill.kernels import row_products
from rankdistill.stacks import replicas
from tests.device_reads import DeviceReads, pretend_gpu

VALUES = torch.tensor([3.0, 0.0, 1.0])


@pytest.mark.parametrize(
    ("read", "found"),
    [
        (lambda: float(VALUES.sum()), "_local_scalar_dense.default"),
        (lambda: bool((VALUES > 0).any()), "_local_scalar_dense.default"),
        (lambda: VALUES.tolist(), "tolist"),
        (lambda: VALUES.nonzero(), "nonzero.default"),
        (lambda: VALUES[VALUES > 0], "index.Tensor"),
        (lambda: VALUES.unique(), "_unique2.default"),
        (lambda: VALUES.long().bincount(), "bincount.default"),
        (lambda: VALUES.repeat_interleave(VALUES.long()), "repeat_interleave.Tensor"),
        (lambda: torch.tensor([1.0], device=VALUES.device), "tensor"),
        (lambda: VALUES.new_tensor([1.0]), "new_tensor"),
    ],
)
def test_a_copy_is_found(read, found):
    with DeviceReads() as reads:
        read()
    assert reads.found == [found]


def test_what_was_read_once_may_be_looked_at_as_often_as_one_likes():
    with DeviceReads() as reads:
        host = VALUES.cpu()
        first, *_ = (host * 2).split(1)
        assert float(first) == 6
        assert host.tolist() == [3, 0, 1]
        assert float(torch.tensor(2.0)) == 2
    assert reads.found == ["cpu"]


def test_what_stays_on_the_device_is_no_copy():
    with DeviceReads() as reads:
        (VALUES[torch.arange(2)] + VALUES.sum()).clamp_min(1.0)
        torch.arange(3).repeat_interleave(torch.ones(3).long(), output_size=3)
    assert reads.found == []


def test_kernels_and_stacks_take_the_ways_of_a_gpu(monkeypatch):
    pretend_gpu(monkeypatch)
    assert not row_products.on_cpu(VALUES)
    assert replicas.starts_slowly(VALUES.device)
