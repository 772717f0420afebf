import pytest
import torch

from rankdistill.kernels.bags import bag_sums, mixed_rows

IDS, OFFSETS = torch.tensor([3, 0, 3, 1, 1]), torch.tensor([0, 2, 2, 5])
WEIGHTS = torch.tensor([1.0, 2.0, 0.0, 1.0, 0.5])


def plainly(table, ids, offsets, weights):
    rows = table[ids] * weights[:, None]
    bags = torch.arange(len(offsets) - 1).repeat_interleave(offsets.diff())
    return table.new_zeros(len(offsets) - 1, table.shape[1]).index_add(0, bags, rows)


def test_sums_worked_by_hand():
    table = torch.tensor([[1.0], [10.0], [100.0], [1000.0]])
    assert bag_sums(table, IDS, OFFSETS, WEIGHTS).tolist() == [[1002.0], [0.0], [15.0]]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_sums_and_gradients_are_those_of_gathered_rows(dtype):
    table = torch.randn(4, 3, dtype=dtype, requires_grad=True)
    weights, towards = WEIGHTS.to(dtype), torch.randn(3, 3, dtype=dtype)
    found, expected = (sums(table, IDS, OFFSETS, weights) for sums in (bag_sums, plainly))
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(
        torch.autograd.grad(found, table, towards), torch.autograd.grad(expected, table, towards)
    )


def test_bags_without_anything_have_a_sum_and_a_gradient_of_zero():
    table = torch.randn(4, 2, requires_grad=True)
    sums = bag_sums(table, IDS[:0], torch.zeros(3, dtype=torch.int64), WEIGHTS[:0])
    sums.sum().backward()
    assert not sums.any()
    assert table.grad is not None
    assert not table.grad.any()


def of_lists(dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(6, (4, 5), generator=generator)
    return ids, torch.randn(4, 3, 5, generator=generator, dtype=dtype)


def test_mixtures_worked_by_hand():
    table = torch.tensor([[1.0], [10.0], [100.0]])
    weights = torch.tensor([[[1.0, 1.0], [0.5, 0.0]]])
    assert mixed_rows(table, torch.tensor([[2, 0]]), weights).tolist() == [[[101.0], [50.0]]]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_mixtures_and_their_gradient_are_those_of_gathered_rows(dtype):
    table = torch.randn(6, 2, dtype=dtype, requires_grad=True)
    ids, weights = of_lists(dtype)
    found, expected = mixed_rows(table, ids, weights), weights @ table[ids]
    torch.testing.assert_close(found, expected)
    towards = torch.randn_like(expected)
    torch.testing.assert_close(
        torch.autograd.grad(found, table, towards), torch.autograd.grad(expected, table, towards)
    )


def test_several_tables_are_mixed_alike():
    tables = torch.randn(3, 6, 2, dtype=torch.float64, requires_grad=True)
    ids, weights = of_lists(torch.float64)
    found = torch.func.vmap(lambda table: mixed_rows(table, ids, weights))(tables)
    expected = torch.stack([mixed_rows(table, ids, weights) for table in tables])
    torch.testing.assert_close(found, expected)
    towards = torch.randn_like(expected)
    torch.testing.assert_close(
        torch.autograd.grad(found, tables, towards), torch.autograd.grad(expected, tables, towards)
    )
