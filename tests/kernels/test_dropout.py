import pytest
import torch
from tests.draws.made_draws import seeded_draws

from rankdistill.kernels.dropout import dropout


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_share_is_dropped_and_the_mean_stays(share):
    kept = dropout(torch.ones(100_003), share, seeded_draws())
    assert float((kept == 0).float().mean()) == pytest.approx(share, abs=0.01)
    assert float(kept.mean()) == pytest.approx(1.0, abs=0.03)


def test_every_place_is_dropped_as_often():
    ones = torch.ones(16)
    draws = seeded_draws()
    counts = sum((dropout(ones, 0.5, draws) == 0).float() for _ in range(4000)) / 4000
    torch.testing.assert_close(counts, torch.full((16,), 0.5), atol=0.05, rtol=0)


def test_equal_draws_drop_the_same_places():
    values = torch.randn(7, 5)
    torch.testing.assert_close(
        dropout(values, 0.4, seeded_draws(3)), dropout(values, 0.4, seeded_draws(3)), atol=0, rtol=0
    )
    assert not torch.equal(
        dropout(values, 0.4, seeded_draws(3)), dropout(values, 0.4, seeded_draws(4))
    )


def test_the_gradient_passes_where_values_are_kept():
    values = torch.randn(6, 5, requires_grad=True)
    kept = dropout(values, 0.5, seeded_draws())
    kept.sum().backward()
    assert values.grad is not None
    torch.testing.assert_close(values.grad, torch.where(kept == 0, 0.0, 2.0))


@pytest.mark.parametrize("share", [0.0, 0.001])
def test_nothing_is_dropped_of_a_share_near_zero(share):
    values = torch.randn(4)
    assert dropout(values, share, seeded_draws()) is values


def test_no_values_are_no_fault():
    assert dropout(torch.ones(0, 3), 0.5, seeded_draws()).shape == (0, 3)
