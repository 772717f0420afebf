"""Losses that make their gradient, in every precision."""

import pytest
import torch

from rankdistill.gradients import loss_of
from rankdistill.losses import softmax

POSITIVES = torch.tensor([0, 1]), torch.tensor([3, 5])


def scores():
    return torch.randn(2, 4000, generator=torch.Generator().manual_seed(0)).bfloat16()


def outcome(scores):
    """Three times the softmax loss, and what it passes back."""
    scores.requires_grad_()
    loss = 3 * loss_of(scores, lambda rows: softmax(rows, *POSITIVES))
    return loss, torch.autograd.grad(loss, scores)[0]


@pytest.mark.parametrize("autocast", [True, False])
def test_half_precision_is_summed_in_single(autocast):
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
        loss, gradient = outcome(scores())
    expected, precise = outcome(scores().float())
    assert torch.equal(loss, expected)
    assert gradient.dtype == torch.bfloat16
    assert torch.equal(gradient, precise.bfloat16())


def test_a_loss_per_row_weighs_each_rows_gradient():
    rows = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda x: loss_of(x, lambda y: (y.square().sum(1), 2 * y)), rows
    )
