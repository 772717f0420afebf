import math

import pytest
import torch

from rankdistill.distillation.weights import (
    discrepancy_weights,
    normalized,
    position_weights,
    uniform_weights,
)


def test_position_weights_match_values_worked_by_hand():
    expected = torch.tensor([0.6652, 0.2447, 0.0900])
    torch.testing.assert_close(position_weights(3, 1.0), expected, atol=1e-4, rtol=0)


def test_position_weights_sum_to_one_and_fall():
    weights = position_weights(50, 10.0)
    assert float(weights.sum()) == pytest.approx(1.0, abs=1e-6)
    assert bool((weights[1:] < weights[:-1]).all())


def test_a_lambda_of_one_puts_98_percent_on_the_first_four():
    assert float(position_weights(10, 1.0)[:4].sum()) == pytest.approx(0.98, abs=0.005)


def test_uniform_weights_sum_to_one():
    torch.testing.assert_close(uniform_weights(4), torch.full((4,), 0.25))


def test_discrepancy_is_zero_where_the_student_agrees_or_ranks_higher():
    ranks = torch.tensor([[1, 1, 13]])
    expected = torch.tensor([[0.0, 0.0, math.tanh(0.1 * 10)]])
    torch.testing.assert_close(discrepancy_weights(ranks, 0.1), expected)


def test_a_row_of_zeros_stays_zero():
    assert normalized(torch.zeros(2, 3)).tolist() == [[0.0] * 3] * 2
