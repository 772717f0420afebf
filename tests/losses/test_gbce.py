import math

import pytest
import torch
import torch.nn.functional as F

from rankdistill.losses.gbce import base_score, gbce, positive_power

LOG_3 = math.log(3.0)


def test_a_value_worked_by_hand():
    # sigmoid(ln 3) = 3 / 4; the negatives are 1 / 2 and 3 / 4
    got = gbce(torch.tensor([[LOG_3, 0.0, LOG_3]]), beta=0.5)
    assert float(got) == pytest.approx(0.5 * math.log(4 / 3) + math.log(2) + math.log(4))


def test_a_power_of_one_is_the_binary_cross_entropy():
    scores = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    labels = torch.zeros(5, 4)
    labels[:, 0] = 1.0
    expected = F.binary_cross_entropy_with_logits(scores, labels, reduction="sum") / 5
    power = positive_power(num_negatives=3, num_items=100, t=0.0)
    torch.testing.assert_close(gbce(scores, power), expected)


@pytest.mark.parametrize(("t", "expected"), [(0.0, 1.0), (1.0, 0.1), (0.75, 0.325), (0.5, 0.55)])
def test_powers_worked_by_hand(t, expected):
    # 10 of 100 negatives: alpha = 0.1, beta = 1 - t (1 - alpha)
    assert positive_power(num_negatives=10, num_items=101, t=t) == pytest.approx(expected)


def test_more_draws_than_there_are_items_leave_the_positive_as_it_is():
    assert positive_power(num_negatives=256, num_items=11, t=0.75) == pytest.approx(1.0)


def test_weights_multiply_the_losses_of_their_pairs():
    scores = torch.tensor([[0.0, 1.0, 2.0], [1.0, 0.0, -1.0]])
    first, second = (gbce(scores[[row]], 0.3) for row in (0, 1))
    found = gbce(scores, 0.3, torch.tensor([1.5, 0.5]))
    torch.testing.assert_close(found, (1.5 * first + 0.5 * second) / 2)


def test_it_survives_large_scores():
    scores = torch.tensor([[1e4, -1e4], [-1e4, 1e4]], requires_grad=True)
    loss = gbce(scores, 0.5)
    loss.backward()
    assert loss.item() == pytest.approx((0.5 * 1e4 + 1e4) / 2)
    assert torch.isfinite(scores.grad).all()


def test_no_equal_scores_have_a_smaller_loss_than_the_base_score():
    base, shifts = base_score(beta=0.3, num_negatives=256), (-0.1, 0.0, 0.1)
    losses = [float(gbce(torch.full((1, 257), base + shift), 0.3)) for shift in shifts]
    assert min(losses) == losses[1]


def test_a_power_that_is_not_positive_is_refused():
    with pytest.raises(ValueError, match="beta must be positive, got 0"):
        gbce(torch.zeros(1, 2), 0.0)


@pytest.mark.parametrize("change", [{"num_negatives": 0}, {"num_items": 1}, {"t": 1.1}])
def test_a_power_of_nothing_is_refused(change):
    with pytest.raises(ValueError, match="expected num_negatives of at least 1"):
        positive_power(**{"num_negatives": 2, "num_items": 9, "t": 0.5} | change)
