import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.slow_reference import reference_hits

from rankdistill.metrics.hits import rank_hits

DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16]


def flat(held_out):
    pairs = [(row, item) for row, items in enumerate(held_out) for item in sorted(items)]
    rows, items = torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).unbind(1)
    return rows, items


def hits_of(scores, held_out, top_k, dtype=torch.float32):
    return rank_hits(torch.tensor(scores, dtype=dtype), *flat(held_out), top_k)


@st.composite
def blocks(draw):
    num_items = draw(st.integers(1, 12))
    # Few distinct values make ties of every kind; -inf marks items that may not be ranked.
    score = st.sampled_from([-math.inf, -2.5, -1.0, -0.0, 0.0, 0.5, 3.0])
    rows = draw(
        st.lists(st.lists(score, min_size=num_items, max_size=num_items), min_size=1, max_size=5)
    )
    held_out = [
        draw(st.sets(st.sampled_from([i for i, s in enumerate(row) if s > -math.inf])))
        if max(row) > -math.inf
        else set()
        for row in rows
    ]
    return rows, held_out, draw(st.integers(1, 15))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(blocks(), st.sampled_from(DTYPES))
def test_hits_agree_with_an_explicit_sort(block, dtype):
    scores, held_out, top_k = block
    hits = hits_of(scores, held_out, top_k, dtype)
    assert hits.dtype == torch.bool
    assert hits.tolist() == reference_hits(scores, held_out, top_k)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("distinct", [10, 40, 100_000])
def test_hits_agree_with_an_explicit_sort_on_a_catalogue_of_realistic_size(dtype, distinct):
    generator = torch.Generator().manual_seed(distinct)
    scores = torch.randint(-distinct, distinct, (60, 700), generator=generator) / distinct
    scores = scores.to(dtype)
    held = torch.rand(scores.shape, generator=generator) < 0.02
    scores[(torch.rand(scores.shape, generator=generator) < 0.3) & ~held] = -math.inf
    rows, items = held.nonzero(as_tuple=True)
    wanted = [set(mask.nonzero()[:, 0].tolist()) for mask in held]
    expected = reference_hits(scores.tolist(), wanted, 50)
    assert any(map(any, expected))
    assert rank_hits(scores, rows, items, 50).tolist() == expected


def test_a_constant_scorer_earns_nothing_from_ties():
    assert not hits_of([[0.0] * 30] * 2, [{0, 1, 2}, {29}], 10).any()
    # With fewer misses than ranks, the held-out items cannot but follow them.
    assert hits_of([[0.0] * 4], [{0, 1, 2}], 3).tolist() == [[False, True, True]]


def test_ties_inside_the_top_put_misses_first():
    assert hits_of([[5.0, 5.0, 5.0, 1.0, 0.0]], [{0, 3}], 4).tolist() == [
        [False, False, True, True]
    ]


@pytest.mark.parametrize("held_out", range(6))
def test_ties_across_the_last_rank_put_misses_first_wherever_the_held_out_item_lies(held_out):
    # Rank 1 is item 2; five items share the rest, so the held-out one comes last of them.
    scores = [1.0, 1.0, 2.0, 1.0, 1.0, 1.0]
    expected = [held_out == 2, False, False]
    assert hits_of([scores], [{held_out}], 3).tolist() == [expected]


def test_many_users_with_straddling_ties_are_settled_in_several_portions(monkeypatch):
    monkeypatch.setattr("rankdistill.kernels.tied_hits._CELLS_AT_ONCE", 16)
    scores = [[float(item < 2) for item in range(8)] for _ in range(21)]
    held_out = [{0, 1, 2, 3, 4, 5} if row % 2 else {7} for row in range(21)]
    hits = hits_of(scores, held_out, 5).tolist()
    assert hits == reference_hits(scores, held_out, 5)
    assert hits[1] == [True, True, False, False, True]


def test_masked_items_are_never_hits_and_ranks_without_items_are_false():
    inf = math.inf
    assert hits_of([[-inf, -3.0, -inf, -4.0]], [{3}], 4).tolist() == [[False, True, False, False]]


def test_more_ranks_than_items_are_padded():
    assert hits_of([[2.0, 1.0]], [{0}], 5).tolist() == [[True, False, False, False, False]]


def test_users_without_held_out_items_have_no_hits():
    assert hits_of([[2.0, 1.0], [2.0, 1.0]], [set(), {0}], 1).tolist() == [[False], [True]]
    assert not hits_of([[2.0, 1.0]], [set()], 2).any()


def test_negative_scores_count_like_any_other():
    assert hits_of([[-9.0, -1.0, -5.0]], [{1, 2}], 2).all()


def test_the_scores_are_left_as_they_were():
    scores = torch.tensor([[1.0, 1.0, 1.0, 0.0]], requires_grad=True)
    hits = rank_hits(scores, torch.tensor([0]), torch.tensor([1]), 2)
    assert not hits.requires_grad
    assert scores.tolist() == [[1.0, 1.0, 1.0, 0.0]]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("item", [0, 7, 39])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_score_that_is_not_finite_is_an_error_wherever_it_lies(bad, item, dtype):
    scores = torch.linspace(1, 0, 40).repeat(3, 1).to(dtype)
    scores[1, item] = bad
    with pytest.raises(FloatingPointError, match="1 of 3 users hold NaN or \\+inf"):
        rank_hits(scores, torch.tensor([0]), torch.tensor([0]), 5)


def test_a_held_out_item_at_minus_infinity_is_an_error():
    with pytest.raises(FloatingPointError, match="1 held-out items have the score -inf"):
        hits_of([[1.0, -math.inf, 0.5]], [{1}], 1)


@pytest.mark.parametrize(
    ("rows", "items", "message"),
    [
        ([1, 0], [0, 0], "sorted"),
        ([0, 0], [1, 0], "sorted"),
        ([0, 0], [1, 1], "unique"),
        ([2], [0], "held_out_rows must lie in \\[0, 2\\)"),
        ([-1], [0], "held_out_rows"),
        ([0], [3], "held_out_items must lie in \\[0, 3\\)"),
        ([0], [0, 1], "one length"),
    ],
)
def test_held_out_pairs_that_do_not_fit_are_refused(rows, items, message):
    with pytest.raises(ValueError, match=message):
        rank_hits(torch.zeros(2, 3), torch.tensor(rows), torch.tensor(items), 1)


@pytest.mark.parametrize(
    ("scores", "top_k", "message"),
    [
        (torch.zeros(3), 1, "scores must be"),
        (torch.zeros(2, 3, dtype=torch.int64), 1, "floating point"),
        (torch.zeros(0, 3), 1, "at least one user"),
        (torch.zeros(2, 3), 0, "top_k"),
    ],
)
def test_scores_and_cut_offs_that_make_no_sense_are_refused(scores, top_k, message):
    with pytest.raises(ValueError, match=message):
        rank_hits(scores, torch.tensor([0]), torch.tensor([0]), top_k)
