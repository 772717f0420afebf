import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.slow_reference import reference_metrics

from rankdistill.metrics.functional import (
    RANKING_METRICS,
    average_precision,
    hit_rate,
    ndcg,
    per_user_metrics,
    precision,
    recall,
    reciprocal_rank,
)

# One user: hits at ranks 2 and 4, three items held out.
HITS = torch.tensor([[False, True, False, True, False]])
HELD_OUT = torch.tensor([3])
CUT_OFFS = [1, 2, 3, 5]
SECOND, FOURTH = 1 / math.log2(3), 1 / math.log2(5)
IDEAL_2, IDEAL_3 = 1 + 1 / math.log2(3), 1 + 1 / math.log2(3) + 0.5


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (average_precision, [0, (1 / 2) / 2, (1 / 2) / 3, (1 / 2 + 2 / 4) / 3]),
        (ndcg, [0, SECOND / IDEAL_2, SECOND / IDEAL_3, (SECOND + FOURTH) / IDEAL_3]),
        (recall, [0, 1 / 3, 1 / 3, 2 / 3]),
        (precision, [0, 1 / 2, 1 / 3, 2 / 5]),
        (hit_rate, [0, 1, 1, 1]),
        (reciprocal_rank, [0, 1 / 2, 1 / 2, 1 / 2]),
    ],
)
def test_metrics_match_values_worked_by_hand(function, expected):
    values = function(HITS, HELD_OUT, CUT_OFFS)
    assert values.dtype == torch.float32
    torch.testing.assert_close(values, torch.tensor([expected], dtype=torch.float32))


@pytest.mark.parametrize("name", ["map", "ndcg"])
def test_a_perfect_ranking_is_worth_one_however_many_items_are_held_out(name):
    for held_out in (1, 3, 50):
        hits = (torch.arange(10) < held_out)[None]
        values = RANKING_METRICS[name](hits, torch.tensor([held_out]), [1, 5, 10])
        torch.testing.assert_close(values, torch.ones(1, 3))


@pytest.mark.parametrize("name", RANKING_METRICS)
def test_users_without_held_out_items_have_the_value_zero(name):
    values = RANKING_METRICS[name](
        torch.zeros(2, 4, dtype=torch.bool), torch.tensor([0, 0]), [1, 4]
    )
    assert values.tolist() == [[0, 0], [0, 0]]


@st.composite
def rankings(draw):
    ranks = draw(st.integers(1, 30))
    users = draw(
        st.lists(st.lists(st.booleans(), min_size=ranks, max_size=ranks), min_size=1, max_size=4)
    )
    held_out = [sum(marks) + draw(st.integers(0 if any(marks) else 1, 40)) for marks in users]
    cut_offs = draw(st.lists(st.integers(1, ranks), min_size=1, max_size=3, unique=True))
    return users, held_out, cut_offs


@settings(max_examples=150, deadline=None)
@given(rankings())
def test_metrics_agree_with_the_slow_reference(ranking):
    users, held_out, cut_offs = ranking
    values = per_user_metrics(
        torch.tensor(users), torch.tensor(held_out), list(RANKING_METRICS), cut_offs
    )
    assert list(values) == [f"{name}@{k}" for name in RANKING_METRICS for k in cut_offs]
    for k in cut_offs:
        for user, (marks, count) in enumerate(zip(users, held_out, strict=True)):
            for name, expected in reference_metrics(marks, count, k).items():
                assert values[f"{name}@{k}"][user].item() == pytest.approx(expected, abs=1e-6)


def test_an_unknown_name_is_refused_with_the_choices():
    with pytest.raises(ValueError, match=r"'nDCG'.*choose from map, ndcg, recall"):
        per_user_metrics(HITS, HELD_OUT, ["map", "nDCG"], [5])


@pytest.mark.parametrize("function", RANKING_METRICS.values(), ids=RANKING_METRICS.keys())
@pytest.mark.parametrize(
    ("hits", "num_held_out", "top_k", "message"),
    [
        (HITS, HELD_OUT, [6], "from 1 to 5"),
        (HITS, HELD_OUT, [0], "from 1 to 5"),
        (HITS, HELD_OUT, [], "from 1 to 5"),
        (HITS, torch.tensor([3, 3]), [5], "one count per row"),
        (HITS, torch.tensor([[3]]), [5], "one count per row"),
        (HITS.float(), HELD_OUT, [5], "bool"),
        (HITS[0], HELD_OUT, [5], "bool"),
    ],
)
def test_arguments_that_would_give_nonsense_are_refused(
    function, hits, num_held_out, top_k, message
):
    with pytest.raises(ValueError, match=message):
        function(hits, num_held_out, top_k)


@pytest.mark.parametrize("name", RANKING_METRICS)
def test_values_are_float32_whatever_precision_a_model_trains_in(name):
    hits, num_held_out = torch.tensor([[True, False, True]]), torch.tensor([3])
    expected = RANKING_METRICS[name](hits, num_held_out, [2, 3])
    torch.set_default_dtype(torch.bfloat16)
    try:
        found = RANKING_METRICS[name](hits, num_held_out, [2, 3])
    finally:
        torch.set_default_dtype(torch.float32)
    assert found.dtype == torch.float32
    assert torch.equal(found, expected)
