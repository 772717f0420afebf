import pytest
import torch

from rankdistill.kernels.sorting import argsort_rows, sort_rows, sorting_order


@pytest.mark.parametrize("size", [1, 6, 1 << 16, (1 << 16) + 1, 1 << 40])
def test_ids_of_any_catalogue_are_sorted_and_equal_ones_stay_in_order(size):
    ids = torch.randint(size, (3000,), generator=torch.Generator().manual_seed(0))
    ids[::3] = size - 1
    assert torch.equal(sorting_order(ids, size), ids.argsort(stable=True))


@pytest.mark.parametrize("shape", [(20,), (3, 20)])
@pytest.mark.parametrize("dtype", [torch.int64, torch.float32, torch.float64, torch.bfloat16])
def test_rows_of_every_type_are_sorted_as_pytorch_sorts_them(dtype, shape):
    generator = torch.Generator().manual_seed(0)
    numbers = 1 + torch.randperm(torch.Size(shape).numel(), generator=generator)
    values = numbers.view(shape).to(dtype)
    assert torch.equal(sort_rows(values), values.sort(dim=-1).values)
    assert torch.equal(argsort_rows(values), values.argsort(dim=-1))


def test_what_is_left_out_sorts_last():
    values = torch.tensor([[2.0, torch.inf, -1.0]])
    assert argsort_rows(values).tolist() == [[2, 0, 1]]
