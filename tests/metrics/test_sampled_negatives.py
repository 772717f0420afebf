import math

import pytest
import torch
from tests.metrics.test_hits import flat

from rankdistill.metrics.functional import RANKING_METRICS, per_user_metrics
from rankdistill.metrics.sampled_negatives import (
    expected_metrics,
    expected_per_user,
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


def drawn_metrics(scores, held_out, num_negatives, names, top_k, generator):
    """Metrics of one draw: each held-out item of each row among items that are sampled for it."""
    rows = []
    for row, wanted in zip(scores, held_out, strict=True):
        free = [item for item, score in enumerate(row) if score > -math.inf and item not in wanted]
        of_items = []
        for item in sorted(wanted):
            order = torch.randperm(len(free), generator=generator)[:num_negatives].tolist()
            rank = 1 + sum(row[free[place]] >= row[item] for place in order)
            hits = (torch.arange(1, max(top_k) + 1) == rank)[None]
            of_items.append(per_user_metrics(hits, ints(1), names, top_k))
        rows.append(
            [sum(float(each[key]) for each in of_items) / len(wanted) for key in of_items[0]]
        )
    return torch.tensor(rows)


@pytest.mark.slow
def test_the_values_of_users_are_the_mean_of_many_draws():
    generator = torch.Generator().manual_seed(4)
    scores = torch.randint(0, 12, (3, 40), generator=generator).float()
    held_out = [{3, 20}, {7}, {0, 1, 39}]
    scores[0, 5:15] = -math.inf
    names, top_k = [*RANKING_METRICS], [1, 3]
    draws = [
        drawn_metrics(scores.tolist(), held_out, 9, names, top_k, generator) for _ in range(3000)
    ]
    counts = ints(*map(len, held_out))
    found = expected_per_user(scores, *flat(held_out), counts, 9, names, top_k)
    assert list(found) == [f"{name}@{k}" for name in names for k in top_k]
    expected = torch.stack(draws).mean(0)
    torch.testing.assert_close(torch.stack([*found.values()], 1), expected, atol=0.03, rtol=0)


def test_the_values_of_a_user_worked_by_hand():
    # Item 1 has two candidates above it of three; one of them is drawn. Item 4 has none above it.
    scores = torch.tensor([[3.0, 2.0, 2.0, 1.0, 9.0, -math.inf], [0.0] * 6])
    rows, items = ints(0, 0), ints(1, 4)
    found = expected_per_user(scores, rows, items, ints(2, 0), 1, ["hit_rate", "mrr"], [1, 2])
    assert found["hit_rate@1"].tolist() == pytest.approx([(1 / 3 + 1) / 2, 0])
    assert found["hit_rate@2"].tolist() == pytest.approx([1, 0])
    assert found["mrr@2"].tolist() == pytest.approx([(1 / 3 + 2 / 3 / 2 + 1) / 2, 0])


def test_a_block_without_held_out_items_has_zeros():
    none = torch.zeros(0, dtype=torch.int64)
    found = expected_per_user(torch.zeros(2, 4), none, none, ints(0, 0), 2, ["ndcg"], [1])
    assert found["ndcg@1"].tolist() == [0, 0]


def test_a_constant_scorer_earns_nothing_where_the_sample_is_long():
    found = expected_per_user(torch.ones(1, 50), ints(0), ints(4), ints(1), 20, ["ndcg"], [20])
    assert found["ndcg@20"].tolist() == [0]


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
