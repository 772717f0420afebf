"""Products rounded as a GPU's tf32: to the nearest of its numbers, wherever models multiply."""

import pytest
import torch
from benchmarks.tf32 import Tf32Products, rounded

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.histories.contexts import Contexts


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.0, 1.0),
        (1 + 2**-10, 1 + 2**-10),
        (1 + 2**-12, 1.0),
        (1 + 2**-11, 1 + 2**-10),  # halfway: away from zero
        (-1 - 2**-11, -1 - 2**-10),
        (0.0, 0.0),
        (2 - 2**-12, 2.0),
    ],
)
def test_ten_bits_are_kept(value, expected):
    assert rounded(torch.tensor([value])).tolist() == [expected]


def test_other_types_stay_as_they_are():
    assert rounded(torch.tensor([1 + 2**-12], dtype=torch.float64)).tolist() == [1 + 2**-12]


def rows_and_gradient(backbone):
    backbone.zero_grad()
    scores = backbone.score_rows(Contexts(torch.arange(40)))
    scores.square().sum().backward()
    return scores.detach(), backbone.item_embedding.weight.grad.clone()


@pytest.mark.parametrize("dim", [4, 40])
def test_products_and_those_of_their_gradients_are_rounded(dim):
    torch.manual_seed(0)
    backbone = MatrixFactorization(50, 2000, dim, init_std=1.0)
    exact = rows_and_gradient(backbone)
    with Tf32Products():
        found = rows_and_gradient(backbone)
    with torch.no_grad():
        users = rounded(backbone.user_embedding.weight[:40])
        scores = users @ rounded(backbone.item_embedding.weight).t()
        torch.testing.assert_close(found[0], scores)
        gradient = rounded(2 * scores).t() @ users
        torch.testing.assert_close(found[1], gradient, rtol=1e-4, atol=1e-2)
    for values, others in zip(found, exact, strict=True):
        assert not torch.allclose(values, others, rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(values, others, rtol=1e-2, atol=0.02 * float(others.abs().max()))
