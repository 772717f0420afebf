import pytest
import torch

from rankdistill.kernels.ordered_keys import (
    largest_keys,
    ordered_keys,
    positions_of_keys,
    scores_of_keys,
)

SCORES = torch.tensor([[0.5, -torch.inf, -2.0, 0.5, 3e38, -1e-40, 0.0, -0.0, torch.inf, -3.0]])
POSITIONS = torch.arange(10)


def test_keys_have_the_order_of_scores_and_of_equal_ones_that_of_positions():
    keys = ordered_keys(SCORES, POSITIONS)
    found = positions_of_keys(largest_keys(keys, 10))
    assert found.tolist() == [[8, 4, 0, 3, 6, 7, 5, 2, 9, 1]]


def test_keys_give_back_scores_and_positions():
    keys = ordered_keys(SCORES, POSITIONS)
    assert torch.equal(scores_of_keys(keys), SCORES)
    assert torch.equal(positions_of_keys(keys), POSITIONS[None])


def test_positions_up_to_the_largest_of_32_bits_are_kept():
    positions = torch.tensor([0, 2**31, 2**32 - 1])
    keys = ordered_keys(torch.tensor([-1.0, -1.0, -1.0]), positions)
    assert positions_of_keys(keys).tolist() == positions.tolist()
    assert scores_of_keys(keys).tolist() == [-1.0, -1.0, -1.0]


@pytest.mark.parametrize("count", [1, 4, 9])
def test_the_largest_keys_are_those_of_sorting_all(count):
    keys = torch.randint(-(2**62), 2**62, (5, 9), generator=torch.Generator().manual_seed(0))
    expected = keys.sort(dim=1, descending=True).values[:, :count]
    assert torch.equal(largest_keys(keys.clone(), count), expected)
