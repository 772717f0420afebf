import numpy as np
import polars as pl
import pytest
import torch

from rankdistill.data.interactions import Interactions, Labels
from rankdistill.data.list_rows import ListRows
from rankdistill.data.teacher_lists import known_names, match_lists

KNOWN = Interactions.from_pairs(
    torch.tensor([0, 1, 2]),
    torch.tensor([0, 1, 2]),
    num_users=3,
    num_items=4,
    labels=Labels(
        np.array(["ann", "bob", "cid"], dtype=object),
        np.array(["item-1", "item-2", "item-3", "item-4"], dtype=object),
    ),
)


def rows(*table, **columns):
    names = ("user", "item", "score")
    frame = pl.DataFrame(table, schema=names, orient="row").with_columns(
        pl.col("score").cast(pl.Float32), **columns
    )
    return ListRows("lists.csv", frame, lambda row: f"Line {row + 2}")


def pairs(lists):
    return list(zip(lists.user_ids.tolist(), lists.item_ids.tolist(), strict=True))


def test_lists_are_put_together_best_first_with_the_numbers_of_the_data():
    found = match_lists(
        rows(("bob", "item-1", 1), ("ann", " item-4 ", 2), ("bob", "item-3", 5)), KNOWN
    )
    assert pairs(found) == [(0, 3), (1, 2), (1, 0)]
    assert found.scores.tolist() == [2.0, 5.0, 1.0]


def test_equal_scores_keep_the_order_of_the_file():
    found = match_lists(
        rows(
            ("ann", "item-3", 1), ("ann", "item-1", 1), ("ann", "item-4", 1), ("ann", "item-2", 2)
        ),
        KNOWN,
    )
    assert [item for _, item in pairs(found)] == [1, 2, 0, 3]
    assert bool((found.scores.diff() < 0).all())
    row = torch.zeros(4).scatter(0, found.item_ids, found.scores)
    assert row.topk(4).indices.tolist() == [1, 2, 0, 3]


def test_names_that_the_data_lack_are_left_out_and_told_with_the_nearest():
    found = match_lists(
        rows(("ann", "item-1", 1), ("ann", "item-55", 1), ("bo", "item-1", 1)), KNOWN
    )
    assert pairs(found) == [(0, 0)]
    users, items, without = found.notes
    assert "1 of 2 users of lists.csv are none of the data" in users
    assert "'bo' (the nearest is 'bob')" in users
    assert "1 of 2 items of lists.csv are none of the data" in items
    assert "2 of 3 users have no list" in without


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([("x", "item-1", 1)], "None of the 1 users of lists.csv is one of the data: 'x'"),
        ([("ann", "9", 1)], "None of the 1 items of lists.csv is one of the data: '9'"),
        ([("ann", "9", 1), ("x", "item-1", 1)], "No row of lists.csv has both a user and an item"),
    ],
)
def test_lists_of_other_data_are_refused(table, message):
    with pytest.raises(ValueError, match=message):
        match_lists(rows(*table), KNOWN)


def test_an_item_that_is_listed_twice_is_refused_with_its_row():
    table = [("no", "item-1", 0), ("ann", "item-1", 1), ("bob", "item-1", 1), ("ann", "item-1", 2)]
    message = r"Line 5 of lists.csv lists the item item-1 of the user ann once more \(1 rows"
    with pytest.raises(ValueError, match=message):
        match_lists(rows(*table), KNOWN)


def test_the_confidence_in_a_list_is_the_mean_over_its_rows():
    found = match_lists(
        rows(
            ("ann", "item-1", 1),
            ("bob", "item-1", 1),
            ("ann", "item-2", 1),
            confidence=pl.Series([1.0, 5.0, 2.0]),
        ),
        KNOWN,
    )
    assert found.confidences.tolist() == [1.5, 5.0, 1.0]


def test_lists_for_places_are_ordered_by_user_and_place():
    ends = pl.Series([4.0, 0.0, 4.0, 1.0])
    table = [("bob", "item-1", 1), ("ann", "item-1", 1), ("bob", "item-3", 5), ("bob", "item-1", 2)]
    found = match_lists(rows(*table, end=ends), KNOWN)
    assert found.ends is not None
    assert list(zip(found.users.tolist(), found.ends.tolist(), strict=True)) == [
        *((0, 0), (1, 1), (1, 4))
    ]
    assert found.list_ids.tolist() == [0, 1, 2, 2]
    assert found.item_ids.tolist() == [0, 0, 2, 0]
    assert "1 of 3 lists are for places after more items than their users have" in found.notes[0]


def test_the_list_of_a_user_is_the_last_one_that_reads_no_more_than_there_is():
    ends = pl.Series([1.0, 3.0, 2.0, 5.0])
    table = [("ann", "item-1", 1), ("ann", "item-2", 1), ("bob", "item-3", 1), ("cid", "item-4", 1)]
    trust = pl.Series([0.5, 2.0, 4.0, 8.0])
    found = match_lists(rows(*table, end=ends, confidence=trust), KNOWN)
    taken = found.of_users(torch.tensor([2, 2, 2]))
    assert pairs(taken) == [(0, 0), (1, 2)]
    assert taken.confidences.tolist() == [0.5, 4.0, 1.0]
    assert taken.ends is None
    whole = match_lists(rows(*table), KNOWN)
    assert whole.of_users(torch.tensor([0, 0, 0])) is whole


def test_an_item_may_be_listed_once_for_each_place():
    table = [("ann", "item-1", 1), ("ann", "item-1", 2), ("ann", "item-1", 3)]
    match_lists(rows(*table, end=pl.Series([0.0, 1.0, 2.0])), KNOWN)
    with pytest.raises(ValueError, match="keep one row for each user, end and item"):
        match_lists(rows(*table, end=pl.Series([0.0, 1.0, 1.0])), KNOWN)


def test_without_names_users_and_items_are_called_by_their_numbers():
    assert known_names(None, 3).to_list() == ["0", "1", "2"]
    bare = Interactions.from_pairs(torch.tensor([0]), torch.tensor([1]), 2, 3)
    assert pairs(match_lists(rows(("1", "2", 1)), bare)) == [(1, 2)]
