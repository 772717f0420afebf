import math

import pytest
import torch

from rankdistill.losses.sampled_softmax import sampled_softmax
from rankdistill.losses.softmax import softmax

NONE_DROPPED = torch.zeros(1, 2, dtype=torch.bool)


def drawn(scores, positives, items, num_items):
    """The arguments for (batch, n) items that were drawn uniformly."""
    of_pairs = scores.gather(1, torch.cat([positives[:, None], items], dim=1))
    log_counts = torch.full(items.shape, math.log(items.shape[1] / num_items), dtype=scores.dtype)
    return of_pairs, log_counts, items == positives[:, None]


def full(scores, positives):
    return softmax(scores, torch.arange(len(scores)), positives)


def test_a_value_worked_by_hand():
    # of the positive's 2, and 3 / 0.5 of one negative; the other is dropped
    scores = torch.log(torch.tensor([[2.0, 3.0, 7.0]]))
    log_counts, dropped = torch.log(torch.tensor([0.5, 0.1])), torch.tensor([[False, True]])
    assert float(sampled_softmax(scores, log_counts, dropped)) == pytest.approx(math.log(8 / 2))
    of_each = log_counts.expand(1, 2)
    assert float(sampled_softmax(scores, of_each, dropped)) == pytest.approx(math.log(8 / 2))


def test_with_each_item_as_a_negative_once_it_is_the_softmax():
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(4, 6, generator=generator, dtype=torch.float64, requires_grad=True)
    positives = torch.tensor([1, 1, 5, 0])
    found = sampled_softmax(*drawn(scores, positives, torch.arange(6).expand(4, -1), 6))
    expected = full(scores, positives)
    torch.testing.assert_close(found, expected)
    gradients = [torch.autograd.grad(loss, scores) for loss in (found, expected)]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("shares", [[0.2] * 5, [0.4, 0.3, 0.15, 0.1, 0.05]])
def test_the_mean_gradient_of_many_samples_is_near_that_of_the_softmax(shares):
    generator = torch.Generator().manual_seed(0)
    shares = torch.tensor(shares)
    row, draws, each = torch.tensor([0.5, -1.0, 1.0, 0.0, 0.3]), 4000, 50
    items = torch.multinomial(shares, draws * each, replacement=True, generator=generator)
    items = items.view(draws, each)
    positives = torch.full((draws,), 1)
    scores = row.repeat(draws, 1).requires_grad_()
    of_pairs = scores.gather(1, torch.cat([positives[:, None], items], dim=1))
    log_counts = torch.log(shares * each)[items]
    loss = sampled_softmax(of_pairs, log_counts, items == 1)
    (gradients,) = torch.autograd.grad(loss, scores)
    expected = row.softmax(0) - torch.tensor([0.0, 1.0, 0.0, 0.0, 0.0])
    torch.testing.assert_close(gradients.sum(0), expected, atol=0.01, rtol=0)


def test_weights_multiply_the_losses_of_their_pairs():
    scores = torch.tensor([[0.0, 1.0, 2.0], [1.0, 0.0, -1.0]])
    log_counts, dropped = torch.zeros(2), torch.zeros(2, 2, dtype=torch.bool)
    first, second = (sampled_softmax(scores[[row]], log_counts, NONE_DROPPED) for row in (0, 1))
    found = sampled_softmax(scores, log_counts, dropped, torch.tensor([1.5, 0.5]))
    torch.testing.assert_close(found, (1.5 * first + 0.5 * second) / 2)


@pytest.mark.parametrize("positive", [1e4, -1e4])
def test_it_survives_large_scores(positive):
    scores = torch.tensor([[positive, -positive, 0.0]], requires_grad=True)
    loss = sampled_softmax(scores, torch.zeros(2), NONE_DROPPED)
    loss.backward()
    assert loss.item() == pytest.approx(max(0.0, -2 * positive))
    assert torch.isfinite(scores.grad).all()


def test_a_pair_whose_negatives_are_all_dropped_has_no_loss():
    scores = torch.tensor([[-3.0, 5.0, 6.0]], requires_grad=True)
    loss = sampled_softmax(scores, torch.zeros(2), torch.ones(1, 2, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0.0
    assert scores.grad.tolist() == [[0.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("log_counts", "dropped"),
    [(torch.zeros(3), NONE_DROPPED), (torch.zeros(2), NONE_DROPPED[0]), (torch.zeros(1), None)],
)
def test_shapes_that_do_not_fit_are_refused(log_counts, dropped):
    dropped = NONE_DROPPED if dropped is None else dropped
    with pytest.raises(ValueError, match="expected dropped"):
        sampled_softmax(torch.zeros(1, 3), log_counts, dropped)
