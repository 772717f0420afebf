import pytest
import torch

from rankdistill.kernels.ranks import num_above


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("num_each", "width"), [(3, 400_000), (64, 50), (65, 50)])
def test_the_count_is_that_of_comparing_all_with_all(num_each, width, dtype):
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(40, (5, width), generator=generator).to(dtype)  # full of ties
    scores = torch.randint(40, (5, num_each), generator=generator).to(dtype)
    expected = (rows[:, None] > scores[:, :, None]).sum(2)
    assert torch.equal(num_above(rows, scores), expected)


def test_masked_values_are_above_nothing():
    rows = torch.tensor([[3.0, -torch.inf, 1.0, 2.0]])
    assert num_above(rows, torch.tensor([[1.0, 2.0, 3.0]])).tolist() == [[2, 1, 0]]
