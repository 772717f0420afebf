import math

import pytest
import torch
from tests.distillation.helpers import FixedScores, StudentOf, some_interactions
from tests.draws.made_draws import seeded_draws

from rankdistill.distillation.interface import DistillationContext
from rankdistill.distillation.student_rank import ExactRank, SampledRank
from rankdistill.distillation.weighting import (
    DiscrepancyWeighting,
    HybridWeighting,
    PositionWeighting,
    UniformWeighting,
)
from rankdistill.distillation.weights import position_weights

ROWS = torch.randn(6, 10, generator=torch.Generator().manual_seed(0))
USERS = torch.tensor([4, 1, 5])


def prepared(weighting, top_k=3, listed=3, epoch=0):
    """The weighting of lists that begin with the catalogue's last items."""
    context = DistillationContext(
        FixedScores(ROWS), some_interactions(*ROWS.shape), 4, seeded_draws()
    )
    items = (9 - torch.arange(listed)).repeat(len(ROWS), 1)
    weighting.prepare(context, items, top_k, True)
    weighting.refresh(FixedScores(ROWS).score_rows, epoch)
    return weighting


def weigh(weighting, positions=None):
    student = StudentOf(ROWS, USERS)
    items = 9 - (torch.arange(3).repeat(3, 1) if positions is None else positions)
    return weighting(student, student.of_items(items), positions)


def test_hybrid_weights_of_the_paper_are_the_product_divided_by_its_sum():
    weighting = prepared(HybridWeighting(1.0, 0.1, ExactRank(), warmup_epochs=10, normalize=True))
    position = [math.exp(-r) / sum(math.exp(-q) for q in (1, 2, 3)) for r in (1, 2, 3)]
    product = [position[0] * 0, position[1] * math.tanh(1.0), position[2] * math.tanh(2.0)]
    expected = torch.tensor([[value / sum(product) for value in product]])
    torch.testing.assert_close(weighting.of_ranks(torch.tensor([[1, 12, 23]])), expected)


def test_hybrid_weights_of_the_official_code_are_not_divided():
    weighting = prepared(HybridWeighting(1.0, 0.1, ExactRank(), warmup_epochs=10, normalize=False))
    expected = torch.tensor([[0.0, 0.2447 * math.tanh(1.0), 0.0900 * math.tanh(2.0)]])
    got = weighting.of_ranks(torch.tensor([[1, 12, 23]]))
    torch.testing.assert_close(got, expected, atol=1e-4, rtol=0)


def test_a_student_that_agrees_everywhere_gets_weights_of_zero_and_not_nan():
    weighting = prepared(HybridWeighting(1.0, 0.1, ExactRank(), warmup_epochs=10, normalize=True))
    assert weighting.of_ranks(torch.tensor([[1, 2, 3]])).tolist() == [[0.0, 0.0, 0.0]]


def test_discrepancy_weighting_can_keep_the_scale_of_the_loss():
    weighting = prepared(DiscrepancyWeighting(0.1, ExactRank(), normalize=True))
    weights = weighting.of_ranks(torch.tensor([[5, 9, 2]]))
    assert float(weights.sum()) == pytest.approx(1.0)
    assert float(weights[0, 2]) == 0.0


def test_weights_by_exact_ranks_are_those_of_each_users_own():
    rank = ExactRank()
    weighting = prepared(DiscrepancyWeighting(0.1, rank, normalize=False))
    torch.testing.assert_close(weigh(weighting), weighting.of_ranks(rank.of_all_users)[USERS])


def test_a_list_that_is_longer_than_what_is_weighed_is_read_at_the_positions_given():
    rank = ExactRank()
    weighting = prepared(DiscrepancyWeighting(0.1, rank, normalize=False), listed=4)
    positions = torch.tensor([[0, 1, 2], [1, 2, 3], [0, 2, 3]])
    expected = weighting.of_ranks(rank.of_all_users[USERS].gather(1, positions))
    torch.testing.assert_close(weigh(weighting, positions), expected)


def test_ranks_that_are_drawn_batch_by_batch_give_other_weights_each_time():
    weighting = prepared(DiscrepancyWeighting(0.1, SampledRank(3), normalize=False))
    assert not torch.equal(weigh(weighting), weigh(weighting))


def test_the_hybrid_weighs_positions_alone_during_warm_up():
    weighting = HybridWeighting(1.0, 0.1, ExactRank(), warmup_epochs=2, normalize=True)
    for epoch in (0, 1):
        weights = weigh(prepared(weighting, epoch=epoch))
        torch.testing.assert_close(weights, position_weights(3, 1.0)[None])
    weights = weigh(prepared(weighting, epoch=2))
    expected = weighting.of_ranks(weighting.student_rank.of_all_users)[USERS]
    torch.testing.assert_close(weights, expected)


@pytest.mark.parametrize("weighting", [UniformWeighting(), PositionWeighting(2.0)])
def test_weights_of_positions_alone_do_not_see_the_student(weighting):
    weights = weigh(prepared(weighting, epoch=100))
    torch.testing.assert_close(weights, weighting.of_positions(3)[None])


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan])
def test_lambda_and_mu_must_be_positive(value):
    with pytest.raises(ValueError, match="lambda_ must be positive"):
        PositionWeighting(value)
    with pytest.raises(ValueError, match="mu must be positive"):
        DiscrepancyWeighting(value, ExactRank(), normalize=False)
    with pytest.raises(ValueError, match="must be positive"):
        HybridWeighting(1.0, value, ExactRank(), warmup_epochs=10, normalize=True)
    with pytest.raises(ValueError, match="must be positive"):
        HybridWeighting(value, 1.0, ExactRank(), warmup_epochs=10, normalize=True)


def test_a_negative_warm_up_is_refused():
    with pytest.raises(ValueError, match="warmup_epochs must not be negative"):
        HybridWeighting(1.0, 0.1, ExactRank(), warmup_epochs=-1, normalize=True)
