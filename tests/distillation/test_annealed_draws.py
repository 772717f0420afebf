import math

import pytest
import torch

from rankdistill.distillation.annealed_draws import annealed_temperature, gumbel_softmax


def test_the_temperature_falls_from_1_to_1e_10_by_equal_factors_and_stays_there():
    got = [annealed_temperature(epoch, 5) for epoch in (0, 1, 2, 5, 6, 500)]
    assert got == pytest.approx([1.0, 1e-2, 1e-4, 1e-10, 1e-10, 1e-10])


@pytest.mark.parametrize("anneal_epochs", [0, -3])
def test_annealing_over_no_epochs_is_refused(anneal_epochs):
    with pytest.raises(ValueError, match=f"anneal_epochs must be at least 1, got {anneal_epochs}"):
        annealed_temperature(0, anneal_epochs)


def test_shares_match_values_worked_by_hand():
    logits, noise = torch.tensor([[0.0, 1.0]]), torch.tensor([[0.5, 0.5]])
    # (0.5, 1.5) / 0.5 = (1, 3): shares 1 / (1 + e^2) and the rest
    got = gumbel_softmax(logits, noise, 0.5)[0].tolist()
    assert got == pytest.approx([1 / (1 + math.exp(2)), 1 / (1 + math.exp(-2))])


def test_shares_become_one_hot_at_the_largest_sum_of_logit_and_noise():
    logits, noise = torch.tensor([[3.0, 1.0, 0.0]]), torch.tensor([[0.0, 2.5, 1.0]])
    assert gumbel_softmax(logits, noise, 1e-10).tolist() == [[0.0, 1.0, 0.0]]


@pytest.mark.parametrize("temperature", [1.0, 1e-3, 1e-10])
def test_shares_and_gradients_stay_finite_at_any_temperature_even_at_ties(temperature):
    logits = torch.tensor([[0.0, 0.0, -50.0], [80.0, -80.0, 0.0]], requires_grad=True)
    shares = gumbel_softmax(logits, torch.zeros(2, 3), temperature)
    shares[:, 0].sum().backward()
    assert shares.sum(1).tolist() == pytest.approx([1.0, 1.0])
    assert bool(torch.isfinite(logits.grad).all())


def test_noise_that_rows_would_share_is_refused():
    with pytest.raises(ValueError, match=r"noise \(1, 3\) does not fit logits \(2, 3\)"):
        gumbel_softmax(torch.zeros(2, 3), torch.zeros(1, 3), 1.0)
