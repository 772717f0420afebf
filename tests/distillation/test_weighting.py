import math

import pytest
import torch

from rankdistill.distillation.student_rank import ExactRank
from rankdistill.distillation.weighting import (
    DiscrepancyWeighting,
    HybridWeighting,
    PositionWeighting,
    UniformWeighting,
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


def test_hybrid_weights_of_the_paper_are_the_product_divided_by_its_sum():
    ranks = torch.tensor([[1, 12, 23]])
    weighting = HybridWeighting(lambda_=1.0, mu=0.1, student_rank=ExactRank(), normalize=True)
    position = [math.exp(-r) / sum(math.exp(-q) for q in (1, 2, 3)) for r in (1, 2, 3)]
    product = [position[0] * 0, position[1] * math.tanh(1.0), position[2] * math.tanh(2.0)]
    expected = torch.tensor([[value / sum(product) for value in product]])
    torch.testing.assert_close(weighting(weighting.of_positions(3), ranks), expected)


def test_hybrid_weights_of_the_official_code_are_not_divided():
    ranks = torch.tensor([[1, 12, 23]])
    weighting = HybridWeighting(lambda_=1.0, mu=0.1, student_rank=ExactRank(), normalize=False)
    expected = torch.tensor([[0.0, 0.2447 * math.tanh(1.0), 0.0900 * math.tanh(2.0)]])
    got = weighting(weighting.of_positions(3), ranks)
    torch.testing.assert_close(got, expected, atol=1e-4, rtol=0)


def test_a_student_that_agrees_everywhere_gets_weights_of_zero_and_not_nan():
    weighting = HybridWeighting(lambda_=1.0, mu=0.1, student_rank=ExactRank())
    agreeing = torch.tensor([[1, 2, 3]])
    assert weighting(weighting.of_positions(3), agreeing).tolist() == [[0.0, 0.0, 0.0]]
    assert normalized(torch.zeros(2, 3)).tolist() == [[0.0] * 3] * 2


def test_discrepancy_weighting_can_keep_the_scale_of_the_loss():
    weighting = DiscrepancyWeighting(mu=0.1, student_rank=ExactRank(), normalize=True)
    weights = weighting(weighting.of_positions(3), torch.tensor([[5, 9, 2]]))
    assert float(weights.sum()) == pytest.approx(1.0)
    assert float(weights[0, 2]) == 0.0


def test_the_hybrid_reads_no_ranks_during_warm_up():
    weighting = HybridWeighting(1.0, 0.1, ExactRank(), warmup_epochs=2)
    assert [weighting.reads_ranks(epoch) for epoch in range(4)] == [False, False, True, True]
    torch.testing.assert_close(weighting.of_positions(3), position_weights(3, 1.0))


@pytest.mark.parametrize("weighting", [UniformWeighting(), PositionWeighting(2.0)])
def test_static_weightings_never_read_ranks(weighting):
    assert not weighting.reads_ranks(100)
    assert weighting.student_rank is None


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan])
def test_lambda_and_mu_must_be_positive(value):
    with pytest.raises(ValueError, match="lambda_ must be positive"):
        PositionWeighting(value)
    with pytest.raises(ValueError, match="mu must be positive"):
        DiscrepancyWeighting(value, ExactRank())
    with pytest.raises(ValueError, match="must be positive"):
        HybridWeighting(1.0, value, ExactRank())
    with pytest.raises(ValueError, match="must be positive"):
        HybridWeighting(value, 1.0, ExactRank())


def test_a_negative_warm_up_is_refused():
    with pytest.raises(ValueError, match="warmup_epochs must not be negative"):
        HybridWeighting(1.0, 0.1, ExactRank(), warmup_epochs=-1)
