import pytest
import torch

from rankdistill.losses.bpr import bpr
from rankdistill.losses.mean_over_pairs import mean_over_pairs
from rankdistill.losses.pointwise import pointwise
from rankdistill.losses.softmax import softmax

POSITIVES = torch.tensor([0, 0, 2]), torch.tensor([1, 4, 2])


def of_rows(loss):
    def of(scores, which, weights):
        return loss(scores[which], weights)

    return of


def of_positives(scores, which, weights):
    rows, items = (column[which] for column in POSITIVES)
    return softmax(scores, rows, items, weights)


LOSSES = [of_rows(bpr), of_rows(pointwise), of_positives]
NAMES = ["bpr", "pointwise", "softmax"]


def value_and_gradient(loss, which, weights):
    scores = torch.randn(3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    scores.requires_grad_()
    value = loss(scores, which, weights)
    return value, torch.autograd.grad(value, scores)[0]


def test_each_loss_is_taken_times_the_weight_of_its_pair():
    losses = torch.tensor([[1.0, 3.0], [5.0, 7.0]])
    assert mean_over_pairs(losses, None) == 4
    assert mean_over_pairs(losses, torch.tensor([0.5, 1.5])) == (0.5 * 4 + 1.5 * 12) / 4
    assert mean_over_pairs(losses[:, 0], torch.tensor([0.5, 1.5])) == (0.5 * 1 + 1.5 * 5) / 2


@pytest.mark.parametrize("loss", LOSSES, ids=NAMES)
def test_a_pair_that_weighs_double_is_a_pair_that_is_shown_twice(loss):
    weights = torch.tensor([1.0, 2.0, 1.0], dtype=torch.float64)
    found = value_and_gradient(loss, [0, 1, 2], weights / weights.mean())
    expected = value_and_gradient(loss, [0, 1, 1, 2], None)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("loss", LOSSES, ids=NAMES)
def test_weights_of_one_change_nothing(loss):
    ones = torch.ones(3, dtype=torch.float64)
    torch.testing.assert_close(
        value_and_gradient(loss, [0, 1, 2], ones), value_and_gradient(loss, [0, 1, 2], None)
    )


@pytest.mark.parametrize("loss", LOSSES, ids=NAMES)
@pytest.mark.parametrize("shape", [(2,), (3, 1), ()])
def test_weights_that_are_not_one_for_each_pair_are_refused(loss, shape):
    with pytest.raises(ValueError, match="one for each pair"):
        value_and_gradient(loss, [0, 1, 2], torch.ones(shape, dtype=torch.float64))
