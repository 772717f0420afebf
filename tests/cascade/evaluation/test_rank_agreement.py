"""Agreement of the two orders on what the early ranker keeps."""

import itertools
import math
import warnings

import pytest
import torch
from scipy.stats import kendalltau
from tests.cascade.evaluation.slow_cascade import lists_of, random_block

from rankdistill.cascade.evaluation import rank_agreement
from rankdistill.cascade.evaluation.rank_agreement import kendall_tau, pair_accuracy

METRICS = [kendall_tau, pair_accuracy]
EXISTS = torch.ones(1, 4, dtype=torch.bool)


def survivors_of(final, early, kept):
    """The scores of the early ranker's top, its ties settled for what the final likes least."""
    rows = sorted(zip(early, final, strict=True), key=lambda row: (-row[0], row[1]))[:kept]
    return [row[1] for row in rows], [row[0] for row in rows]


def slow_accuracy(final, early):
    pairs = [
        early[a] > early[b]
        for a, b in itertools.permutations(range(len(final)), 2)
        if final[a] > final[b]
    ]
    return sum(pairs) / len(pairs) if pairs else math.nan


def scipy_tau(final, early):
    if len(set(final)) < 2:
        return math.nan
    if len(set(early)) < 2:
        return 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(kendalltau(final, early, variant="b").statistic)


def test_values_worked_by_hand():
    final = torch.tensor([[4.0, 3.0, 2.0, 1.0]])
    early = torch.tensor([[9.0, 7.0, 8.0, 7.0]])
    # Of six pairs four agree, one (items 1 and 2) is reversed, one (1 and 3) is tied by early.
    assert float(kendall_tau(final, early, EXISTS, 4)) == pytest.approx(3 / math.sqrt(6 * 5))
    assert float(pair_accuracy(final, early, EXISTS, 4)) == pytest.approx(4 / 6)
    # The top three are items 0 and 2, and of the tied ones 3, which final likes least.
    assert float(kendall_tau(final, early, EXISTS, 3)) == 1
    assert float(pair_accuracy(final, early, EXISTS, 2)) == 1


@pytest.mark.parametrize("levels", [2, 4, 1000])
@pytest.mark.parametrize("kept", [1, 5, 30, 99])
def test_both_agree_with_scipy_and_a_loop_over_pairs(levels, kept):
    block = random_block(requests=20, candidates=30, levels=levels, seed=levels)
    tau, accuracy = (metric(*block[:3], kept) for metric in METRICS)
    for row, (final, early, _) in enumerate(lists_of(*block)):
        scores = survivors_of(final, early, kept)
        assert float(tau[row]) == pytest.approx(scipy_tau(*scores), nan_ok=True)
        assert float(accuracy[row]) == pytest.approx(slow_accuracy(*scores), nan_ok=True)


@pytest.mark.parametrize("metric", METRICS)
def test_blocks_of_requests_do_not_change_the_values(monkeypatch, metric):
    block = random_block(requests=23, candidates=12, levels=6, seed=1)[:3]
    at_once = metric(*block, 10)
    monkeypatch.setattr(rank_agreement, "_CELLS_AT_ONCE", 300)  # three requests
    torch.testing.assert_close(metric(*block, 10), at_once, equal_nan=True, rtol=0, atol=0)


def test_the_same_order_is_one_and_the_reverse_is_not():
    final = torch.rand(6, 50, generator=torch.Generator().manual_seed(0))
    exists = torch.ones(6, 50, dtype=torch.bool)
    assert kendall_tau(final, final.exp(), exists, 20).tolist() == [1] * 6
    assert pair_accuracy(final, final.exp(), exists, 20).tolist() == [1] * 6
    assert kendall_tau(final, -final, exists, 20).tolist() == [-1] * 6
    assert pair_accuracy(final, -final, exists, 20).tolist() == [0] * 6


@pytest.mark.parametrize("metric", METRICS)
def test_a_constant_early_scorer_has_zero_and_does_not_leave_the_mean(metric):
    final = torch.tensor([[4.0, 3.0, 2.0, 1.0]])
    assert float(metric(final, torch.zeros(1, 4), EXISTS, 3)) == 0


@pytest.mark.parametrize("metric", METRICS)
def test_where_the_final_ranker_parts_nothing_there_is_no_value(metric):
    scores = torch.tensor([[4.0, 3.0, 2.0, 1.0]])
    assert bool(metric(torch.zeros(1, 4), scores, EXISTS, 3).isnan())
    assert bool(metric(scores, scores, EXISTS, 1).isnan())
    assert bool(metric(scores, scores, ~EXISTS, 3).isnan())
    assert bool(metric(scores[:, :0], scores[:, :0], EXISTS[:, :0], 3).isnan())
    assert metric(scores[:0], scores[:0], EXISTS[:0], 3).shape == (0,)


@pytest.mark.parametrize("metric", METRICS)
def test_misfits_are_refused(metric):
    scores = torch.zeros(1, 4)
    with pytest.raises(ValueError, match=r"kept must hold cut-offs of at least 1, got \[0\]"):
        metric(scores, scores, EXISTS, 0)
    with pytest.raises(ValueError, match="final_scores must be"):
        metric(scores[:, :2], scores, EXISTS, 2)
    with pytest.raises(FloatingPointError, match="final_scores hold NaN"):
        metric(scores / 0, scores, EXISTS, 2)
