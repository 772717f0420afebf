"""Hits come last among equal scores, on a CPU and where no look at the device is free."""

import pytest
import torch

from rankdistill.kernels import tied_hits
from rankdistill.kernels.tied_hits import ranked_after_equals


@pytest.fixture(params=["cpu", "elsewhere"])
def device(request, monkeypatch):
    monkeypatch.setattr(tied_hits, "on_cpu", lambda tensor: request.param == "cpu")


def settled(scores, held_out, depth):
    """The hits among the best items, which are found in any order among equals."""
    scores, rows = torch.tensor(scores), torch.tensor([row for row, _ in held_out])
    items = torch.tensor([item for _, item in held_out])
    values, ranked = scores.topk(depth, dim=1)
    is_held_out = torch.zeros_like(scores, dtype=torch.bool)
    is_held_out[rows, items] = True
    found = is_held_out.gather(1, ranked)
    return ranked_after_equals(found, values, scores, rows, scores[rows, items])


@pytest.mark.usefixtures("device")
def test_hits_among_different_scores_stay_where_they_are():
    hits = settled([[3.0, 2.0, 1.0, 0.0], [0.0, 1.0, 2.0, 3.0]], [(0, 1), (1, 3)], 3)
    assert hits.tolist() == [[False, True, False], [True, False, False]]


@pytest.mark.usefixtures("device")
def test_a_hit_comes_after_all_that_score_as_much():
    hits = settled([[2.0, 2.0, 2.0, 5.0, 1.0]], [(0, 0)], 5)
    assert hits.tolist() == [[False, False, False, True, False]]


@pytest.mark.usefixtures("device")
def test_equals_beyond_the_last_rank_come_before_a_hit_too():
    rows = [[5.0, 1.0, 1.0, 1.0, 1.0, 1.0], [5.0, 4.0, 1.0, 1.0, 1.0, 0.0]]
    hits = settled(rows, [(0, 1), (0, 2), (1, 2), (1, 3)], 4)
    assert hits[:, :3].tolist() == [[False, False, False], [False, False, False]]
    rows = [[5.0, 1.0, 1.0, 1.0, -torch.inf]]
    hits = settled(rows, [(0, 1), (0, 2)], 4)
    assert hits[:, :3].tolist() == [[False, False, True]]


@pytest.mark.usefixtures("device")
def test_masked_items_are_equal_to_nothing():
    masked = [-torch.inf] * 3
    hits = settled([[1.0, *masked], [2.0, *masked]], [(0, 0), (1, 0)], 3)
    assert hits.tolist() == [[True, False, False], [True, False, False]]


def test_both_ways_agree_on_scores_of_few_values(monkeypatch):
    generator = torch.Generator().manual_seed(0)
    scores = torch.randint(6, (40, 30), generator=generator).double()
    held_out = (torch.rand(scores.shape, generator=generator) < 0.1).nonzero().tolist()
    found = []
    for here in (True, False):
        monkeypatch.setattr(tied_hits, "on_cpu", lambda tensor, here=here: here)
        found.append(settled(scores.tolist(), held_out, 9))
    assert found[0].any()
    assert torch.equal(*found)
