"""The student's best unseen items, and ranks read off the heads of rankings."""

import pytest
import torch
from tests.distillation.helpers import FixedScores, some_interactions

from rankdistill.distillation.student_ranking import best_of_rows, ranks_in_heads, student_heads

TRAIN = some_interactions(9, 15)
SCORES = torch.randn(9, 15, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("user_block", [1, 4, 9, 100])
def test_the_heads_are_the_best_unseen_items_of_every_user_in_order(user_block):
    heads = list(student_heads(FixedScores(SCORES).score_rows, TRAIN, 5, user_block))
    assert torch.cat([user_ids for user_ids, _ in heads]).tolist() == list(range(9))
    for user, items in enumerate(torch.cat([items for _, items in heads]).tolist()):
        unseen = range(user % 4, 15)
        assert items == sorted(unseen, key=lambda i: -float(SCORES[user, i]))[:5]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("top_k", [1, 7, 15])
def test_the_best_of_rows_are_those_of_topk(dtype, top_k):
    scores = SCORES.to(dtype)
    expected = scores.topk(top_k, dim=1).indices
    assert torch.equal(best_of_rows(scores, top_k), expected)


def test_equal_scores_give_distinct_items_and_masked_ones_come_last():
    scores = torch.zeros(2, 6)
    scores[:, 1] = -torch.inf
    items = best_of_rows(scores, 6)
    assert items.sort(dim=1).values.tolist() == [[0, 1, 2, 3, 4, 5]] * 2
    assert items[:, -1].tolist() == [1, 1]


def test_ranks_in_heads_by_hand():
    heads = torch.tensor([[4, 0, 2], [1, 3, 0]])
    ranks = ranks_in_heads(heads, torch.tensor([[2, 1, 4, 0], [3, 3, 4, 1]]), num_items=5)
    assert ranks.tolist() == [[3, 4, 1, 2], [2, 2, 4, 1]]
