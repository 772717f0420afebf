import math

import pytest
import torch
from rankdistill.gradients import loss_of

from rankdistill.losses import bpr, pointwise, softmax


def test_pointwise_matches_a_value_worked_by_hand():
    # positives: ln 2 and ln(4/3); negatives: ln 2, ln 4, ln 2, ln(4/3)
    ln3 = math.log(3.0)
    got, _ = pointwise(torch.tensor([[0.0, 0.0, ln3], [ln3, 0.0, -ln3]]))
    positive = (math.log(2) + math.log(4 / 3)) / 2
    negative = (2 * math.log(2) + math.log(4) + math.log(4 / 3)) / 4
    assert float(got) == pytest.approx(positive + negative)


def test_bpr_matches_a_value_worked_by_hand():
    got, _ = bpr(torch.tensor([[math.log(3.0), 0.0, math.log(3.0)]]))
    assert float(got) == pytest.approx((math.log(4 / 3) + math.log(2)) / 2)


def test_softmax_matches_a_value_worked_by_hand():
    rows = torch.log(torch.tensor([[1.0, 2.0, 1.0], [1.0, 1.0, 8.0]]))
    got, _ = softmax(rows, torch.tensor([0, 0, 1]), torch.tensor([1, 2, 2]))
    assert float(got) == pytest.approx((math.log(2) + math.log(4) + math.log(10 / 8)) / 3)


@pytest.mark.parametrize("loss", [pointwise, bpr])
def test_sampled_losses_are_means_and_survive_large_scores(loss):
    scores = torch.tensor([[500.0, 1e3], [-500.0, -1e3]])
    mean, gradient = loss(scores)
    assert torch.isfinite(mean)
    assert torch.isfinite(gradient).all()
    torch.testing.assert_close(mean, loss(scores.repeat(3, 1))[0])


@pytest.mark.parametrize("num_negatives", [1, 4])
@pytest.mark.parametrize("loss", [pointwise, bpr])
def test_the_gradients_of_sampled_losses_are_those_of_finite_differences(loss, num_negatives):
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(5, 1 + num_negatives, generator=generator, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: 3 * loss_of(x, loss), scores.requires_grad_())


def test_softmax_survives_large_scores():
    rows = torch.tensor([[1e4, -1e4]])
    loss, gradient = softmax(rows, torch.tensor([0]), torch.tensor([0]))
    assert float(loss) == pytest.approx(0.0)
    assert gradient.tolist() == [[0.0, 0.0]]


def test_the_gradient_of_the_softmax_is_that_of_finite_differences():
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(3, 5, generator=generator, dtype=torch.float64, requires_grad=True)
    positives = torch.tensor([0, 0, 2, 0]), torch.tensor([1, 4, 2, 1])  # one twice, one row none
    assert torch.autograd.gradcheck(lambda x: loss_of(x, lambda y: softmax(y, *positives)), rows)


@pytest.mark.parametrize("loss", [pointwise, bpr])
@pytest.mark.parametrize("shape", [(3,), (3, 1), (3, 2, 2)])
def test_scores_that_hold_no_pairs_are_refused(loss, shape):
    with pytest.raises(ValueError, match="num_negatives"):
        loss(torch.zeros(shape))


def test_softmax_refuses_positives_of_two_lengths():
    with pytest.raises(ValueError, match="one length"):
        softmax(torch.zeros(2, 3), torch.tensor([0]), torch.tensor([0, 1]))
