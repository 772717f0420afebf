"""The student's best unseen items, and ranks read off the heads of rankings."""

import pytest
import torch
from tests.distillation.helpers import FixedScores, first_items_seen, some_interactions

from rankdistill.distillation.student_ranking import ranks_in_heads, student_heads

TRAIN = some_interactions(9, 15)
SCORES = torch.randn(9, 15, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("user_block", [1, 4, 9, 100])
def test_the_heads_are_the_best_unseen_items_of_every_user_in_order(user_block):
    heads = list(student_heads(FixedScores(SCORES).score_rows, TRAIN, 5, user_block))
    assert torch.cat([user_ids for user_ids, _ in heads]).tolist() == list(range(9))
    for user, items in enumerate(torch.cat([items for _, items in heads]).tolist()):
        unseen = range(user % 4, 15)
        assert items == sorted(unseen, key=lambda i: -float(SCORES[user, i]))[:5]


def test_seen_items_stand_below_the_unseen_ones_where_a_user_has_too_few_of_those():
    train = first_items_seen([15, 12, 2], 15)
    heads = student_heads(FixedScores(SCORES[:3]).score_rows, train, 5, 2)
    items = torch.cat([items for _, items in heads]).tolist()
    for user, unseen in enumerate((range(15, 15), range(12, 15), range(2, 15))):
        best_first = sorted(range(15), key=lambda i: (i not in unseen, -float(SCORES[user, i])))
        assert items[user] == best_first[:5]


def test_ranks_in_heads_by_hand():
    heads = torch.tensor([[4, 0, 2], [1, 3, 0]])
    ranks = ranks_in_heads(heads, torch.tensor([[2, 1, 4, 0], [3, 3, 4, 1]]), num_items=5)
    assert ranks.tolist() == [[3, 4, 1, 2], [2, 2, 4, 1]]
