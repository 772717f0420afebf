"""Bounds of two dimensions: what is made small, and what a fit finds."""

import math

import torch
from benchmarks.two_dimensions import best_fit, label_loss, of_pairs, ranking_loss
from tests.data.made_interactions import of_matrix


def test_the_loss_of_labels_is_the_cross_entropy_of_each_item_among_those_not_wanted():
    wanted = of_matrix(torch.tensor([[False, True, True, False], [True, False, False, False]]))
    scores = torch.zeros(2, 4)
    # user 0: log(1 + 2 others) for both items; user 1: log(1 + 3 others)
    expected = (math.log(3) + math.log(4)) / 2
    torch.testing.assert_close(label_loss(wanted)(scores), torch.tensor(expected))


def test_the_loss_of_a_ranking_asks_for_its_order_above_the_rest():
    heads = torch.tensor([[2, 0]])
    scores = torch.zeros(1, 4)
    expected = (math.log(4) + math.log(3)) / 2
    torch.testing.assert_close(ranking_loss(heads)(scores), torch.tensor(expected))


def test_a_fit_reproduces_rankings_that_two_dimensions_can_hold():
    heads = torch.tensor([[0, 1], [2, 3], [1, 0]])
    masked = torch.zeros(3, 4, dtype=torch.bool)
    found = best_fit(2, ranking_loss(heads), masked, steps=60, restarts=1)
    assert found.scores(masked).topk(2, 1).indices.tolist() == heads.tolist()


def test_only_users_move_where_items_are_given():
    heads = torch.tensor([[0, 1], [1, 0]])
    masked = torch.zeros(2, 3, dtype=torch.bool)
    given = best_fit(2, ranking_loss(heads), masked, steps=5, restarts=1)
    found = best_fit(2, ranking_loss(heads), masked, steps=5, restarts=1, items=given)
    assert torch.equal(found.items, given.items)
    assert torch.equal(found.bias, given.bias)


def test_pairs_are_marked_in_a_table():
    matrix = torch.tensor([[False, True, False], [False, False, True]])
    assert torch.equal(of_pairs(of_matrix(matrix)), matrix)
