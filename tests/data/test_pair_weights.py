"""Weights of rows become weights of pairs, and are described in numbers worked by hand."""

import numpy as np
import pytest
import torch

from rankdistill.data.interactions import Interactions
from rankdistill.data.pair_weights import describe_weights, unread_weights, weights_of_pairs
from rankdistill.data.read_table import read_table


def test_weights_of_a_repeated_pair_add_up():
    pairs, values = np.array([4, 2, 4, 7, 2]), np.array([1, 2, 10, 0.5, 3], dtype=np.float32)
    assert weights_of_pairs(pairs, np.array([2, 3, 4]), values).tolist() == [11, 0.5, 5]
    alone = weights_of_pairs(np.array([4, 2]), np.array([0, 1]), np.array([3, 2]))
    assert alone.tolist() == [3, 2]
    assert alone.dtype == torch.float32


def test_pairs_that_all_count_one_need_no_weights():
    assert weights_of_pairs(np.array([4, 2]), np.array([0, 1]), np.ones(2)) is None
    halves = weights_of_pairs(np.array([4, 4]), np.array([1]), np.full(2, 0.5))
    assert halves is None


def test_the_span_and_the_part_of_the_heaviest_pairs_are_told():
    weights = torch.ones(150)
    weights[7], weights[9] = 102.0, 50.0  # two of 150 are the heaviest hundredth, rounded up
    zeros = torch.zeros(150, dtype=torch.int64)
    interactions = Interactions.from_pairs(zeros, torch.arange(150), 1, 150, weights=weights)
    assert describe_weights(interactions) == (
        "weights of pairs from 1 to 102, 2 on average; the heaviest 1% of pairs have 51% of all "
        "weight"
    )
    assert describe_weights(Interactions.from_pairs(zeros, torch.arange(150), 1, 150)) is None


@pytest.mark.parametrize(
    ("header", "row", "name"),
    [
        ("user,item,quantity", "a,x,2", "quantity"),
        ("user,item, Play Count ", "a,x,2.5", "Play Count"),
        ("user,item,quantity", "a,x,many", None),
        ("user,item,quantity", "a,x,2024-01-01", None),
        ("user,item,plays,qty", "a,x,2,3", None),  # which of the two?
        ("user,item,colour", "a,x,2", None),
    ],
)
def test_a_column_with_a_usual_name_and_numbers_may_hold_weights(tmp_path, header, row, name):
    path = tmp_path / "orders.csv"
    path.write_text(f"{header}\n{row}\n")
    table = read_table(path, ",", True, {"user": None, "item": None}, max_gib=1.0)
    assert unread_weights(table) == name


def test_a_column_that_is_read_is_not_suggested(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text("user,item,quantity\na,x,2\n")
    columns = {"user": None, "item": None, "weight": "quantity"}
    assert unread_weights(read_table(path, ",", True, columns, max_gib=1.0)) is None
