import math

import pytest
import torch

from rankdistill.losses.softmax import softmax, softmax_of_products


def test_a_value_worked_by_hand():
    rows = torch.log(torch.tensor([[1.0, 2.0, 1.0], [1.0, 1.0, 8.0]]))
    got = softmax(rows, torch.tensor([0, 0, 1]), torch.tensor([1, 2, 2]))
    assert float(got) == pytest.approx((math.log(2) + math.log(4) + math.log(10 / 8)) / 3)


def test_it_survives_large_scores():
    rows = torch.tensor([[1e4, -1e4]], requires_grad=True)
    loss = softmax(rows, torch.tensor([0]), torch.tensor([0]))
    loss.backward()
    assert loss.item() == pytest.approx(0.0)
    assert rows.grad.tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_value_and_gradient_are_those_of_the_log_softmax(dtype):
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(3, 5, generator=generator, dtype=dtype, requires_grad=True)
    positives = torch.tensor([0, 0, 2, 0]), torch.tensor([1, 4, 2, 1])  # one twice, one row none
    found, expected = softmax(rows, *positives), -rows.log_softmax(1)[positives].mean()
    torch.testing.assert_close(found, expected)
    gradients = [torch.autograd.grad(loss, rows) for loss in (found, expected)]
    torch.testing.assert_close(*gradients)


def test_half_precision_is_summed_in_single():
    rows = torch.randn(2, 4000, generator=torch.Generator().manual_seed(0)).bfloat16()
    positives = torch.tensor([0, 1]), torch.tensor([3, 5])
    assert torch.equal(softmax(rows, *positives), softmax(rows.float(), *positives))


def test_positives_of_two_lengths_are_refused():
    with pytest.raises(ValueError, match="one length"):
        softmax(torch.zeros(2, 3), torch.tensor([0]), torch.tensor([0, 1]))


@pytest.mark.parametrize("weighted", [False, True])
def test_products_that_are_not_yet_made_have_the_loss_of_their_rows(weighted):
    generator = torch.Generator().manual_seed(0)
    vectors, items = torch.randn(4, 3, generator=generator), torch.randn(6, 3, generator=generator)
    bias, positives = torch.randn(6, generator=generator), torch.tensor([5, 0, 0, 3])
    weights = torch.tensor([0.5, 2.0, 1.0, 0.0]) if weighted else None
    rows = vectors @ items.t() + bias
    torch.testing.assert_close(
        softmax_of_products(vectors, items, bias, positives, weights),
        softmax(rows, torch.arange(4), positives, weights),
    )
