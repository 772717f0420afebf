"""Quality of the ranking after both cuts."""

import math

import pytest
import torch
from tests.cascade.evaluation.slow_cascade import (
    hits_after_both,
    lists_of,
    ndcg_of_hits,
    orders,
    orders_of_both,
    random_block,
    recall_of_hits,
)

from rankdistill.cascade.evaluation.two_stage import final_alone, two_stages

FINAL = torch.tensor([[5.0, 4.0, 3.0, 2.0, 1.0]])
EARLY = torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0]])
EXISTS = torch.ones(1, 5, dtype=torch.bool)
RELEVANT = torch.tensor([[False, True, True, False, False]])
SECOND = 1 / math.log2(3)
THIRD = 1 / math.log2(4)
PAIRS = [("recall", recall_of_hits), ("ndcg", ndcg_of_hits)]


def test_joint_recall_matches_values_worked_by_hand():
    # Early keeps 4, then 4 3, then 4 3 2, ...; the final ranker's order is 0 1 2 3 4.
    found = two_stages(FINAL, EARLY, EXISTS, RELEVANT, [1, 2, 3], [2, 3, 4, 5]).recall
    expected = [[0, 1 / 2, 1 / 2, 0], [0, 1 / 2, 1, 1 / 2], [0, 1 / 2, 1, 1]]
    torch.testing.assert_close(found, torch.tensor([expected], dtype=torch.float64))


def test_ndcg_matches_values_worked_by_hand():
    found = two_stages(FINAL, EARLY, EXISTS, RELEVANT, [1, 3], [2, 3, 4, 5]).ndcg
    whole = 1 + SECOND
    expected = [[0, 1, 1, 0], [0, 1 / whole, 1, (SECOND + THIRD) / whole]]
    torch.testing.assert_close(found, torch.tensor([expected], dtype=torch.float64))


def test_the_final_ranker_alone_matches_values_worked_by_hand():
    recall = final_alone(FINAL, EXISTS, RELEVANT, [1, 2, 3, 9]).recall
    assert recall.tolist() == [[0, 0.5, 1, 1]]
    ndcg = final_alone(FINAL, EXISTS, RELEVANT, [1, 2, 9]).ndcg
    expected = [[0, SECOND / (1 + SECOND), (SECOND + THIRD) / (1 + SECOND)]]
    torch.testing.assert_close(ndcg, torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize(("metric", "slow"), PAIRS)
@pytest.mark.parametrize("seed", range(3))
def test_ties_of_both_rankers_are_broken_in_the_worst_of_all_ways(metric, slow, seed):
    block = random_block(requests=12, candidates=5, levels=3, seed=seed)
    top_k, kept = [1, 2, 4, 7], [3, 1, 2, 9]
    found = getattr(two_stages(*block, top_k, kept), metric)
    for row, (final, early, relevant) in enumerate(lists_of(*block)):
        ways = list(orders_of_both(final, early))
        for j, m in enumerate(kept):
            outcomes = {tuple(hits_after_both(*way, relevant, m)) for way in ways}
            for i, k in enumerate(top_k):
                number = sum(relevant)
                worst = min(slow(hits, number, k) for hits in outcomes) if number else math.nan
                assert float(found[row, i, j]) == pytest.approx(worst, nan_ok=True)


@pytest.mark.parametrize(("metric", "slow"), PAIRS)
def test_ties_of_the_final_ranker_alone_are_broken_in_the_worst_of_all_ways(metric, slow):
    final, early, exists, relevant = random_block(requests=30, candidates=6, levels=3, seed=7)
    found = getattr(final_alone(final, exists, relevant, [1, 3, 9]), metric)
    for row, (finals, _, wanted) in enumerate(lists_of(final, early, exists, relevant)):
        for column, k in enumerate([1, 3, 9]):
            ways = ([wanted[item] for item in order] for order in orders(finals))
            number = sum(wanted)
            worst = min(slow(hits, number, k) for hits in ways) if number else math.nan
            assert float(found[row, column]) == pytest.approx(worst, nan_ok=True)


@pytest.mark.parametrize(("metric", "slow"), PAIRS)
def test_many_candidates_without_ties_agree_with_sorted_lists(metric, slow):
    final, early, exists, relevant = random_block(4, 200, levels=1, seed=0)
    generator = torch.Generator().manual_seed(1)
    for scores in (final, early):
        scores.copy_(torch.rand(scores.shape, generator=generator))
    found = getattr(two_stages(final, early, exists, relevant, [5, 40], [20, 100]), metric)
    for row, (finals, earlies, wanted) in enumerate(lists_of(final, early, exists, relevant)):
        by_final = sorted(range(len(finals)), key=lambda item: -finals[item])
        by_early = sorted(range(len(earlies)), key=lambda item: -earlies[item])
        for j, m in enumerate([20, 100]):
            hits = hits_after_both(by_final, by_early, wanted, m)
            for i, k in enumerate([5, 40]):
                assert float(found[row, i, j]) == pytest.approx(slow(hits, sum(wanted), k))


def test_constant_rankers_earn_nothing_until_only_relevant_items_are_left_to_show():
    constant = torch.zeros(1, 5)
    found = two_stages(constant, constant, EXISTS, RELEVANT, [3, 4, 5], [3, 4, 5]).recall
    expected = [[0, 0, 0], [0, 0.5, 0.5], [0, 0.5, 1]]
    torch.testing.assert_close(found, torch.tensor([expected], dtype=torch.float64))


def test_keeping_everything_leaves_the_final_ranker_alone():
    final, early, exists, relevant = random_block(20, 9, levels=4, seed=2)
    both = two_stages(final, early, exists, relevant, [1, 4], [9])
    for found, alone in zip(both, final_alone(final, exists, relevant, [1, 4]), strict=True):
        torch.testing.assert_close(found[..., 0], alone, equal_nan=True)


def test_a_request_without_relevant_items_or_candidates_is_nan():
    none = torch.zeros(1, 5, dtype=torch.bool)
    empty = FINAL[:, :0]
    for found in (
        *two_stages(FINAL, EARLY, EXISTS, none, [1], [2]),
        *two_stages(FINAL, EARLY, none, none, [1], [2]),
        *two_stages(empty, empty, none[:, :0], none[:, :0], [1], [2]),
        *final_alone(FINAL, none, none, [1]),
        *final_alone(empty, none[:, :0], none[:, :0], [1]),
    ):
        assert bool(found.isnan().all())


def test_misfits_are_refused():
    with pytest.raises(ValueError, match=r"relevant must be \(1, 5\) bool"):
        two_stages(FINAL, EARLY, EXISTS, RELEVANT.float(), [1], [1])
    with pytest.raises(ValueError, match="2 relevant items are not among"):
        two_stages(FINAL, EARLY, ~RELEVANT, RELEVANT, [1], [1])
    with pytest.raises(ValueError, match="top_k must hold"):
        two_stages(FINAL, EARLY, EXISTS, RELEVANT, [], [1])
    with pytest.raises(ValueError, match="kept must hold"):
        two_stages(FINAL, EARLY, EXISTS, RELEVANT, [1], [0])
    with pytest.raises(FloatingPointError, match="early_scores hold NaN"):
        two_stages(FINAL, EARLY / 0, EXISTS, RELEVANT, [1], [1])
