import pytest
import torch

from rankdistill.data.interactions import Interactions
from rankdistill.data.item_order import sequences_of

USERS, ITEMS = torch.tensor([0, 1, 0, 1, 0]), torch.tensor([2, 3, 0, 1, 4])
TIMES, ROWS = torch.tensor([5, 9, 5, 2, 1]), torch.tensor([4, 3, 2, 1, 0], dtype=torch.int32)


def interactions(**columns):
    return Interactions.from_pairs(USERS, ITEMS, 3, 5, **columns)


def test_time_decides_and_the_file_among_items_of_one_time():
    made = sequences_of(interactions(timestamps=TIMES, file_rows=ROWS))
    assert made.offsets.tolist() == [0, 3, 5, 5]
    assert made.items.tolist() == [4, 0, 2, 1, 3]


def test_the_file_decides_where_there_are_no_times():
    assert sequences_of(interactions(file_rows=ROWS)).items.tolist() == [4, 0, 2, 1, 3]


def test_parts_that_are_joined_keep_their_order():
    whole = interactions(timestamps=TIMES, file_rows=ROWS)
    late = whole.timestamps > 4
    joined = whole.select(~late).union(whole.select(late))
    assert torch.equal(sequences_of(joined).items, sequences_of(whole).items)


def test_interactions_without_an_order_are_told_what_they_lack():
    with pytest.raises(ValueError, match=r"data\.timestamp_column="):
        sequences_of(interactions())
