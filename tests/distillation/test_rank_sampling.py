"""Draws of ranked items: their frequencies against the probabilities that they stand for."""

import itertools
import math

import pytest
import torch
from tests.draws.made_draws import seeded_draws

from rankdistill.distillation.rank_sampling import (
    decaying_log_weights,
    draw_positions,
    positions_at,
)


def decaying(num_positions, temperature):
    """The slow reference: p of each position, with plain Python numbers."""
    weights = [math.exp(-r / temperature) for r in range(1, num_positions + 1)]
    return [weight / sum(weights) for weight in weights]


def test_ordered_draws_come_as_often_as_drawing_without_replacement_says():
    weights = [0.5, 0.3, 0.15, 0.05]
    log_weights = torch.tensor([weights]).log().expand(60_000, -1)
    drawn = draw_positions(log_weights, 2, seeded_draws())
    for a, b in itertools.permutations(range(4), 2):
        expected = weights[a] * weights[b] / (1 - weights[a])
        found = float(((drawn[:, 0] == a) & (drawn[:, 1] == b)).double().mean())
        assert found == pytest.approx(expected, abs=0.006), (a, b)


def test_log_weights_need_not_be_normalised():
    log_weights = torch.tensor([[0.2, -0.4, -2.0]]).expand(50, -1)
    shifted = draw_positions(log_weights + 30.0, 3, seeded_draws())
    assert shifted.tolist() == draw_positions(log_weights, 3, seeded_draws()).tolist()


def test_no_position_is_drawn_twice_by_a_row():
    drawn = draw_positions(decaying_log_weights(9, 2.0).expand(500, -1), 9, seeded_draws())
    assert drawn.sort(dim=1).values.tolist() == [list(range(9))] * 500


def test_rows_of_one_weighting_are_drawn_independently():
    drawn = draw_positions(torch.zeros(1, 6).expand(20_000, -1), 1, seeded_draws())[:, 0]
    both_zero = ((drawn[:-1] == 0) & (drawn[1:] == 0)).double().mean()
    assert float(both_zero) == pytest.approx(1 / 36, abs=0.005)


def test_a_weight_of_zero_is_drawn_only_when_nothing_else_is_left():
    log_weights = torch.tensor([[-torch.inf, -400.0, -torch.inf, 0.0]]).expand(2000, -1)
    drawn = draw_positions(log_weights, 3, seeded_draws())
    assert {frozenset(row) for row in drawn[:, :2].tolist()} == {frozenset({1, 3})}
    assert set(drawn[:, 2].tolist()) <= {0, 2}


@pytest.mark.parametrize("num_draws", [0, 6])
def test_more_draws_than_positions_or_none_are_refused(num_draws):
    with pytest.raises(ValueError, match=f"{num_draws} positions cannot be drawn from 5"):
        draw_positions(torch.zeros(2, 5), num_draws, seeded_draws())


def test_the_same_seed_draws_the_same():
    first, again, other = (
        draw_positions(torch.zeros(4, 50), 10, seeded_draws(seed)).tolist() for seed in (3, 3, 4)
    )
    assert first == again
    assert first != other


def test_log_weights_fall_by_one_every_temperature_ranks():
    assert decaying_log_weights(5, 2.0).tolist() == [-0.5, -1.0, -1.5, -2.0, -2.5]


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan])
def test_a_temperature_that_is_not_positive_is_refused(temperature):
    with pytest.raises(ValueError, match="temperature must be positive"):
        decaying_log_weights(5, temperature)
    with pytest.raises(ValueError, match="temperature must be positive"):
        positions_at(torch.rand(3), torch.tensor([5]), temperature)


@pytest.mark.parametrize("temperature", [0.7, 3.0, 20.0, 1e6])
@pytest.mark.parametrize("num_positions", [1, 2, 13, 90])
def test_the_middle_of_a_positions_share_of_the_distribution_is_that_position(
    num_positions, temperature
):
    expected = decaying(num_positions, temperature)
    ends = list(itertools.accumulate(expected))
    wide = [k for k in range(num_positions) if expected[k] > 1e-5]  # beyond float32 quantiles
    middles = torch.tensor([ends[k] - expected[k] / 2 for k in wide])
    got = positions_at(middles, torch.tensor([num_positions]), temperature)
    assert got.tolist() == wide


def test_uniform_quantiles_draw_positions_as_often_as_their_probability():
    drawn = positions_at(seeded_draws().uniform((200_000,)), torch.tensor([12]), 4.0)
    found = (torch.bincount(drawn, minlength=12) / len(drawn)).tolist()
    assert found == pytest.approx(decaying(12, 4.0), abs=0.004)


def test_every_row_is_drawn_from_its_own_length():
    lengths = torch.tensor([[1], [3], [700]])
    drawn = positions_at(seeded_draws().uniform((3, 5000)), lengths, 1000.0)
    assert drawn.min(dim=1).values.tolist()[:2] == [0, 0]
    assert drawn.max(dim=1).values.tolist() == [0, 2, 699]


@pytest.mark.parametrize("temperature", [1e-3, 1.0, 50.0, 1e7])
def test_no_quantile_leaves_the_ranking_however_sharp_the_draw(temperature):
    lengths = torch.tensor([[0], [1], [2], [50_000]])
    edges = torch.tensor([0.0, 1e-12, 0.5, 1 - 2**-24, 1.0])
    got = positions_at(edges, lengths, temperature)
    assert got.dtype == torch.int64
    assert bool((got >= 0).all())
    assert bool((got <= (lengths - 1).clamp_min(0)).all())
    assert got[:, 0].tolist() == [0, 0, 0, 0]
    assert got[:, -1].tolist() == [0, 0, 1, 49_999]


def test_a_long_ranking_is_drawn_to_its_end_without_gaps():
    quantiles = (torch.arange(50_000, dtype=torch.float64) + 0.5) / 50_000
    got = positions_at(quantiles.float(), torch.tensor([50_000]), 1e9)
    assert int((got - torch.arange(50_000)).abs().max()) <= 1
