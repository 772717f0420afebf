import math

import pytest
import torch

from rankdistill.losses.bpr import bpr


def test_a_value_worked_by_hand():
    got = bpr(torch.tensor([[math.log(3.0), 0.0, math.log(3.0)]]))
    assert float(got) == pytest.approx((math.log(4 / 3) + math.log(2)) / 2)


def test_it_is_a_mean_and_survives_large_scores():
    scores = torch.tensor([[500.0, 1e3], [-500.0, -1e3]], requires_grad=True)
    mean = bpr(scores)
    mean.backward()
    assert torch.isfinite(mean)
    assert torch.isfinite(scores.grad).all()
    torch.testing.assert_close(mean, bpr(scores.repeat(3, 1)))


def test_the_gradient_is_the_chance_of_the_wrong_order():
    # sigmoid(negative - positive) = 1 / 4 and 1 / 2, over two pairs
    scores = torch.tensor([[math.log(3.0), 0.0, math.log(3.0)]], requires_grad=True)
    bpr(scores).backward()
    torch.testing.assert_close(scores.grad, torch.tensor([[-0.375, 0.125, 0.25]]))
