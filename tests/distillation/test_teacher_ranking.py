import pytest
import torch
from tests.distillation.helpers import FixedScores, first_items_seen, some_interactions
from tests.draws.made_draws import seeded_draws

from rankdistill.distillation.interface import DistillationContext
from rankdistill.distillation.teacher_ranking import (
    best_items,
    longest_ranking,
    longest_taught,
    without_target,
)

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


@pytest.mark.parametrize(
    ("counts", "length"),
    [
        ([3, 3, 3], 9),
        ([3, 2, 1], 10),  # the fullest does not count
        ([12, 2, 1], 10),
        ([12, 12, 1], 11),
        ([12, 12, 12], 0),
        ([0, 5, 5], 7),
        ([5], 7),
        ([12], 0),
        ([1] * 98 + [11, 12], 1),
        ([1] * 398 + [11, 11, 12, 12], 11),
    ],
)
def test_a_few_users_who_have_seen_all_do_not_shorten_the_rankings(counts, length):
    assert longest_ranking(first_items_seen(counts, 12)) == length
    assert longest_ranking(first_items_seen(counts, 12), exclude_seen=False) == 12


def test_who_has_too_few_items_left_is_ranked_those_first_and_then_the_seen_ones():
    train = first_items_seen([12, 10, 2], 12)
    rows = torch.randn(3, 12, generator=torch.Generator().manual_seed(1))
    ranking = best_items(FixedScores(rows).score_rows, train, 2, 2)
    assert ranking[0].tolist() == rows[0].topk(2).indices.tolist()
    assert set(ranking[1].tolist()) == {10, 11}
    train = first_items_seen([12, 11, 2], 12)
    with pytest.raises(ValueError, match="between 1 and 1, the fewest"):
        best_items(FixedScores(rows).score_rows, train, 2, 2)


def test_a_teacher_with_scores_that_are_no_numbers_is_refused():
    rows = ROWS.clone()
    rows[3, 3] = torch.nan
    with pytest.raises(FloatingPointError, match="not all finite"):
        best_items(FixedScores(rows).score_rows, TRAIN, 5, 100)


def test_the_target_is_struck_out_and_else_the_last_item():
    ranking = torch.tensor([[7, 3, 5, 9], [7, 3, 5, 9], [7, 3, 5, 9]])
    kept = without_target(ranking, torch.tensor([3, 8, 7]))
    assert ranking.gather(1, kept).tolist() == [[7, 5, 9], [7, 3, 5], [3, 5, 9]]


@pytest.mark.parametrize(
    ("shortest_list", "left_over", "length"), [(None, 0, 9), (None, 1, 8), (5, 0, 5), (8, 1, 8)]
)
def test_lists_shorten_what_is_taught_and_a_remainder_may_be_unlisted(
    shortest_list, left_over, length
):
    context = DistillationContext(
        FixedScores(ROWS), TRAIN, 4, seeded_draws(), shortest_list=shortest_list
    )
    assert longest_taught(context, left_over=left_over) == length
