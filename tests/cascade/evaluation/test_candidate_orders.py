import pytest
import torch

from rankdistill.cascade.evaluation.candidate_orders import (
    cut_offs,
    order_of,
    ranks_of,
    refuse_misfits,
)

CANDIDATES = torch.tensor([[True, True, False, True]])


def test_equal_first_keys_are_ordered_by_the_second_and_strangers_come_last():
    first = torch.tensor([[1.0, 1.0, 9.0, 2.0]])
    second = torch.tensor([[0.0, 5.0, 0.0, 0.0]])
    order = order_of(CANDIDATES, first, second)
    assert order.tolist() == [[3, 1, 0, 2]]
    assert ranks_of(order).tolist() == [[2, 1, 3, 0]]


@pytest.mark.parametrize("values", [[], [0], [3, -1]])
def test_cut_offs_below_one_are_refused(values):
    with pytest.raises(ValueError, match="kept must hold cut-offs of at least 1"):
        cut_offs("kept", values, CANDIDATES)


def test_scores_that_are_not_finite_count_for_candidates_only():
    scores = torch.tensor([[1.0, 2.0, torch.nan, 3.0]])
    refuse_misfits(CANDIDATES, {"scores": scores})
    scores[0, 1] = torch.inf
    with pytest.raises(FloatingPointError, match="scores hold NaN or an infinite value"):
        refuse_misfits(CANDIDATES, {"scores": scores})


def test_a_relevant_item_must_be_a_candidate():
    with pytest.raises(ValueError, match="1 relevant items are not among"):
        refuse_misfits(CANDIDATES, {}, relevant=~CANDIDATES)


def test_requests_with_and_without_equal_scores_are_ordered_as_python_sorts_them():
    generator = torch.Generator().manual_seed(0)
    candidates = torch.rand(6, 9, generator=generator) < 0.8
    first = torch.rand(6, 9, generator=generator)
    first[::2] = (first[::2] * 4).floor()  # every second request has many equal scores
    second = (torch.rand(6, 9, generator=generator) * 3).floor()
    order = order_of(candidates, first, second)
    for row in range(6):
        there = candidates[row].nonzero().flatten().tolist()
        expected = sorted(there, key=lambda i: (-first[row, i], -second[row, i], i))
        assert order[row, : len(there)].tolist() == expected
