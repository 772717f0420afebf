import math

import pytest
import torch

from rankdistill.metrics.functional import RANKING_METRICS
from rankdistill.metrics.sampled_negatives import (
    count_not_below,
    expected_metrics,
    rank_probabilities,
)


def ints(*values):
    return torch.tensor(values)


def test_probabilities_match_the_hypergeometric_law_worked_by_hand():
    # 2 of 5 candidates are above; 2 are drawn: C(2,x) C(3,2-x) / C(5,2) for x = 0, 1, 2.
    found = rank_probabilities(ints(2), ints(5), num_negatives=2, num_ranks=4)
    expected = torch.tensor([[0.3, 0.6, 0.1, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(found, expected)


def test_drawing_all_candidates_gives_the_rank_of_the_full_ranking():
    found = rank_probabilities(ints(0, 3, 7), ints(7, 7, 7), num_negatives=499, num_ranks=8)
    torch.testing.assert_close(found, torch.eye(8, dtype=torch.float64)[[0, 3, 7]])


@pytest.mark.parametrize(
    ("above", "candidates"), [(0, 30), (5, 30), (28, 30), (3, 10), (900, 9000)]
)
def test_all_ranks_together_are_certain(above, candidates):
    found = rank_probabilities(ints(above), ints(candidates), num_negatives=20, num_ranks=21)
    assert found.sum().item() == pytest.approx(1)
    ranks = torch.arange(21.0, dtype=torch.float64)
    mean = min(20, candidates) * above / candidates
    assert (found @ ranks).item() == pytest.approx(mean)


def test_expectations_agree_with_a_simulation():
    generator = torch.Generator().manual_seed(1)
    above, candidates, num_negatives, draws = 12, 400, 99, 20_000
    is_above = torch.arange(candidates) < above
    chosen = torch.rand(draws, candidates, generator=generator).argsort(1)[:, :num_negatives]
    rank = 1 + is_above[chosen].sum(1)
    hits = torch.nn.functional.one_hot(rank, 22)[:, 1:21].bool()
    ones, top_k, names = torch.ones(draws, dtype=torch.int64), [1, 5, 10, 20], [*RANKING_METRICS]
    simulated = torch.stack([RANKING_METRICS[name](hits, ones, top_k).mean(0) for name in names])
    probabilities = rank_probabilities(ints(above), ints(candidates), num_negatives, 20)
    expected = expected_metrics(probabilities, names, top_k)[:, 0]
    torch.testing.assert_close(expected.float(), simulated, atol=0.015, rtol=0)


def test_metrics_of_a_certain_rank_equal_those_of_its_hits():
    hits = torch.eye(6).bool()
    names, top_k = [*RANKING_METRICS], [1, 3, 6]
    found = expected_metrics(hits.double(), names, top_k).float()
    ones = torch.ones(6, dtype=torch.int64)
    expected = torch.stack([RANKING_METRICS[name](hits, ones, top_k) for name in names])
    torch.testing.assert_close(found, expected)


def test_ties_count_against_the_model_and_held_out_items_are_no_candidates():
    scores = torch.tensor([[1.0, 3.0, 1.0, -math.inf, 0.0], [2.0, 2.0, 2.0, 2.0, 5.0]])
    found = count_not_below(scores, ints(0, 0, 1), ints(0, 1, 4))
    assert found.tolist() == [1, 0, 0]
    assert count_not_below(scores, ints(1), ints(0)).tolist() == [4]


def test_counting_in_parts_changes_nothing(monkeypatch):
    generator = torch.Generator().manual_seed(2)
    scores = torch.randint(0, 9, (20, 50), generator=generator).float()
    rows, items = torch.arange(20).repeat_interleave(2), torch.arange(40)
    whole = count_not_below(scores, rows, items)
    monkeypatch.setattr("rankdistill.metrics.sampled_negatives._CELLS_AT_ONCE", 1)
    assert count_not_below(scores, rows, items).tolist() == whole.tolist()


def test_the_scores_are_left_as_they_are():
    scores = torch.rand(3, 4)
    before = scores.clone()
    count_not_below(scores, ints(0, 2), ints(1, 1))
    assert torch.equal(scores, before)


@pytest.mark.parametrize(("num_negatives", "num_ranks"), [(0, 5), (5, 0)])
def test_nothing_to_draw_or_to_rank_is_refused(num_negatives, num_ranks):
    with pytest.raises(ValueError, match="at least 1"):
        rank_probabilities(ints(1), ints(5), num_negatives, num_ranks)


def test_more_items_above_than_candidates_are_refused():
    with pytest.raises(ValueError, match="cannot exceed"):
        rank_probabilities(ints(6), ints(5), 3, 3)


@pytest.mark.parametrize("top_k", [[], [0], [4]])
def test_cut_offs_beyond_the_ranks_are_refused(top_k):
    with pytest.raises(ValueError, match="cut-offs"):
        expected_metrics(torch.eye(3, dtype=torch.float64), ["map"], top_k)
