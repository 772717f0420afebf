import pytest
import torch

from rankdistill.backbones.fitted_histories import fitted_parts
from rankdistill.backbones.histories import Histories

PAIRS = torch.tensor([[0, 0, 0, 1, 1, 2], [0, 1, 3, 1, 2, 3]])
SCALES = torch.tensor([0.5, 2.0, 1.0, 0.0], dtype=torch.float64)


def indicators():
    """(4 users, 5 items); user 3 and item 4 have nothing."""
    matrix = torch.zeros(4, 5, dtype=torch.float64)
    matrix[PAIRS[0], PAIRS[1]] = 1.0
    return SCALES[:, None] * matrix


def fitted(vectors, num_iterations):
    histories = Histories.from_pairs(*PAIRS, num_users=4, num_items=5)
    return fitted_parts(histories, SCALES, vectors, num_iterations)


def test_the_fit_is_that_of_least_squares():
    vectors = torch.randn(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found, expected = fitted(vectors, 20), torch.linalg.pinv(indicators()) @ vectors
    torch.testing.assert_close(found, expected)
    assert not found[4].any()


def test_each_step_comes_nearer():
    vectors = torch.randn(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    distances = [
        float((indicators() @ fitted(vectors, steps) - vectors).norm()) for steps in (1, 2, 3)
    ]
    assert distances == sorted(distances, reverse=True)


@pytest.mark.parametrize("num_iterations", [1, 50])
def test_vectors_of_nothing_are_fitted_by_nothing(num_iterations):
    assert not fitted(torch.zeros(4, 2, dtype=torch.float64), num_iterations).any()
