import math

import pytest
import torch

from rankdistill.losses.pointwise import pointwise


def test_a_value_worked_by_hand():
    # positives: ln 2 and ln(4/3); negatives: ln 2, ln 4, ln 2, ln(4/3)
    ln3 = math.log(3.0)
    got = pointwise(torch.tensor([[0.0, 0.0, ln3], [ln3, 0.0, -ln3]]))
    positive = (math.log(2) + math.log(4 / 3)) / 2
    negative = (2 * math.log(2) + math.log(4) + math.log(4 / 3)) / 4
    assert float(got) == pytest.approx(positive + negative)


def test_it_is_a_mean_and_survives_large_scores():
    scores = torch.tensor([[500.0, 1e3], [-500.0, -1e3]], requires_grad=True)
    mean = pointwise(scores)
    mean.backward()
    assert torch.isfinite(mean)
    assert torch.isfinite(scores.grad).all()
    torch.testing.assert_close(mean, pointwise(scores.repeat(3, 1)))


def test_positives_are_pulled_up_and_negatives_down():
    scores = torch.zeros(2, 3, requires_grad=True)
    pointwise(scores).backward()
    assert scores.grad.sign().tolist() == [[-1.0, 1.0, 1.0]] * 2
