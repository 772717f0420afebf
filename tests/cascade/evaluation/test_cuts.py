"""What the early ranker's cut keeps of the final ranker's top."""

import math

import pytest
import torch
from tests.cascade.evaluation.slow_cascade import (
    lists_of,
    orders_of_both,
    random_block,
    recall_of_top,
)

from rankdistill.cascade.evaluation.cuts import recall_of_chosen, recall_of_final_top


def all_present(*scores):
    return (*scores, torch.ones_like(scores[0], dtype=torch.bool))


def test_values_worked_by_hand():
    final = torch.tensor([[5.0, 4.0, 3.0, 2.0, 1.0]])  # items 0 1 2 3 4
    early = torch.tensor([[1.0, 5.0, 2.0, 4.0, 3.0]])  # items 1 3 4 2 0
    found = recall_of_final_top(*all_present(final, early), [1, 2, 3], [1, 2, 4, 5])
    expected = [[0, 0, 0, 1], [1 / 2, 1 / 2, 1 / 2, 1], [1 / 3, 1 / 3, 2 / 3, 1]]
    torch.testing.assert_close(found, torch.tensor([expected], dtype=torch.float64))


@pytest.mark.parametrize("seed", range(3))
def test_ties_of_both_rankers_are_broken_in_the_worst_of_all_ways(seed):
    block = random_block(requests=12, candidates=5, levels=3, seed=seed)
    top_k, kept = [1, 2, 4, 7], [3, 1, 2, 9]
    found = recall_of_final_top(*block[:3], top_k, kept)
    for row, (final, early, _) in enumerate(lists_of(*block)):
        ways = list(orders_of_both(final, early))
        for i, k in enumerate(top_k):
            for j, m in enumerate(kept):
                worst = min(recall_of_top(*way, k, m) for way in ways) if final else math.nan
                assert float(found[row, i, j]) == pytest.approx(worst, nan_ok=True)


def test_many_candidates_without_ties_agree_with_sets():
    final, early, exists, relevant = random_block(4, 300, levels=1, seed=0)
    generator = torch.Generator().manual_seed(1)
    for scores in (final, early):
        scores.copy_(torch.rand(scores.shape, generator=generator))
    found = recall_of_final_top(final, early, exists, [10, 50], [20, 200])
    for row, (finals, earlies, _) in enumerate(lists_of(final, early, exists, relevant)):
        by_final = sorted(range(len(finals)), key=lambda item: -finals[item])
        by_early = sorted(range(len(earlies)), key=lambda item: -earlies[item])
        for i, k in enumerate([10, 50]):
            for j, m in enumerate([20, 200]):
                assert float(found[row, i, j]) == recall_of_top(by_final, by_early, k, m)


def test_a_constant_early_scorer_earns_less_than_chance():
    final = torch.rand(1, 10, generator=torch.Generator().manual_seed(0))
    found = recall_of_final_top(*all_present(final, torch.zeros(1, 10)), [3], [3, 7, 8, 9, 10])
    expected = torch.tensor([0, 0, 1 / 3, 2 / 3, 1], dtype=torch.float64)
    torch.testing.assert_close(found[0, 0], expected)
    assert bool((found[0, 0] <= torch.tensor([3, 7, 8, 9, 10]) / 10).all())


def test_the_same_scores_keep_all_that_fits():
    scores = torch.rand(3, 8, generator=torch.Generator().manual_seed(0))
    found = recall_of_final_top(*all_present(scores, scores), [2, 4], [2, 4])
    expected = torch.tensor([[1, 1], [0.5, 1]], dtype=torch.float64).expand(3, 2, 2)
    torch.testing.assert_close(found, expected)


def test_a_request_with_few_candidates_is_divided_by_their_number_and_an_empty_one_is_nan():
    final = torch.tensor([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]])
    exists = torch.tensor([[True, True, False], [False, False, False]])
    found = recall_of_final_top(final, -final, exists, [5], [1, 2, 5])
    assert found[0, 0].tolist() == [0.5, 1, 1]
    assert bool(found[1].isnan().all())
    nothing = torch.zeros(2, 0)
    assert bool(recall_of_final_top(*all_present(nothing, nothing), [1], [1]).isnan().all())


def test_the_order_of_the_candidates_does_not_matter():
    final, early, exists, _ = random_block(20, 12, levels=4, seed=3)
    shuffled = torch.randperm(12, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        recall_of_final_top(final, early, exists, [1, 3, 6], [2, 5]),
        recall_of_final_top(
            final[:, shuffled], early[:, shuffled], exists[:, shuffled], [1, 3, 6], [2, 5]
        ),
        equal_nan=True,
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_any_precision_of_scores_will_do(dtype):
    final, early, exists, _ = random_block(5, 9, levels=5, seed=4)
    torch.testing.assert_close(
        recall_of_final_top(final.to(dtype), early.to(dtype), exists, [3], [4]),
        recall_of_final_top(final, early, exists, [3], [4]),
        equal_nan=True,
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("which", [0, 1])
def test_a_candidate_without_a_finite_score_is_an_error(value, which):
    scores = [torch.zeros(2, 3), torch.zeros(2, 3)]
    scores[which][1, 2] = value
    name = ["final_scores", "early_scores"][which]
    with pytest.raises(FloatingPointError, match=f"{name} hold NaN .* of 1 of 2 requests"):
        recall_of_final_top(*all_present(*scores), [1], [1])


def test_misfits_are_refused():
    scores, exists = torch.zeros(2, 3), torch.ones(2, 3, dtype=torch.bool)
    with pytest.raises(ValueError, match=r"early_scores must be \(2, 3\) .* got \(2, 1\)"):
        recall_of_final_top(scores, scores[:, :1], exists, [1], [1])
    with pytest.raises(ValueError, match=r"final_scores must be .* got .* torch\.int64"):
        recall_of_final_top(scores.long(), scores, exists, [1], [1])
    with pytest.raises(ValueError, match="candidates must be"):
        recall_of_final_top(scores, scores, exists.float(), [1], [1])
    with pytest.raises(ValueError, match=r"top_k must hold cut-offs of at least 1, got \[\]"):
        recall_of_final_top(scores, scores, exists, [], [1])
    with pytest.raises(ValueError, match=r"kept must hold cut-offs of at least 1, got \[2, 0\]"):
        recall_of_final_top(scores, scores, exists, [1], [2, 0])


def test_the_recall_of_a_choice_matches_a_count_by_hand():
    chosen = torch.tensor([[True, False, True, False], [False, False, False, False]])
    early = torch.tensor([[4.0, 3.0, 2.0, 1.0], [1.0, 2.0, 3.0, 4.0]])
    candidates = torch.ones(2, 4, dtype=torch.bool)
    recall = recall_of_chosen(chosen, early, candidates, [1, 2, 3])
    assert recall[0].tolist() == [0.5, 0.5, 1.0]
    assert recall[1].isnan().all(), "nothing was chosen"


def test_ties_hide_what_was_chosen():
    chosen = torch.tensor([[True, False, False]])
    recall = recall_of_chosen(chosen, torch.zeros(1, 3), torch.ones(1, 3, dtype=bool), [1, 2, 3])
    assert recall.tolist() == [[0, 0, 1]]
