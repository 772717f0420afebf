import pytest
import torch
from tests.distillation.helpers import FixedScores, some_interactions

from rankdistill.distillation.teacher_ranking import best_items, without_target

ROWS = torch.randn(9, 12, generator=torch.Generator().manual_seed(0))
TRAIN = some_interactions(9, 12)


@pytest.mark.parametrize("user_block", [1, 4, 100])
def test_the_ranking_is_the_sorted_unseen_catalogue_in_blocks_of_any_size(user_block):
    got = best_items(FixedScores(ROWS).score_rows, TRAIN, 5, user_block)
    for user in range(9):
        unseen = [i for i in range(12) if i >= user % 4]
        unseen.sort(key=lambda i: -float(ROWS[user, i]))
        assert got[user].tolist() == unseen[:5]


def test_seen_items_stay_in_where_they_are_not_excluded():
    got = best_items(FixedScores(ROWS).score_rows, TRAIN, 4, 3, exclude_seen=False)
    assert got.tolist() == ROWS.topk(4).indices.tolist()


def test_a_list_longer_than_what_a_user_has_not_seen_is_refused():
    with pytest.raises(ValueError, match="between 1 and 9, the fewest items that the user has not"):
        best_items(FixedScores(ROWS).score_rows, TRAIN, 10, 100)


def test_a_teacher_with_scores_that_are_no_numbers_is_refused():
    rows = ROWS.clone()
    rows[3, 3] = torch.nan
    with pytest.raises(FloatingPointError, match="not all finite"):
        best_items(FixedScores(rows).score_rows, TRAIN, 5, 100)


def test_the_target_is_struck_out_and_else_the_last_item():
    ranking = torch.tensor([[7, 3, 5, 9], [7, 3, 5, 9], [7, 3, 5, 9]])
    kept = without_target(ranking, torch.tensor([3, 8, 7]))
    assert ranking.gather(1, kept).tolist() == [[7, 5, 9], [7, 3, 5], [3, 5, 9]]
