"""Weights are read from a file, become weights of pairs, and are described in numbers."""

import logging
import re

import numpy as np
import pytest
import torch
from tests.data.made_sources import delimited, load, pairs_of, write

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


def weights_in(tmp_path, fields, **options):
    """Load a pair for each field, which is its weight."""
    rows = "".join(f"a\ti{row}\t{field}\n" for row, field in enumerate(fields))
    return load(tmp_path, f"user\titem\tn\n{rows}", weight_column="n", **options).weights


@pytest.mark.parametrize(
    ("fields", "weights"),
    [
        (["2", "3"], [2, 3]),
        (["0.5", "12.25"], [0.5, 12.25]),
        (["1", "2.5"], [1, 2.5]),
        (["1e3", "1E-3"], [1000, 0.001]),
        (["+2", "3"], [2, 3]),
        (["1", "999999999999"], [1, 999999999999]),
        ([".5", "2."], [0.5, 2]),
        (["007", "1"], [7, 1]),
        (["1", "1.0", "1e0"], None),
        (["3", "3"], [3, 3]),
    ],
)
def test_numbers_are_weights_however_they_are_written(tmp_path, fields, weights):
    found = weights_in(tmp_path, fields)
    if weights is None:
        assert found is None
    else:
        torch.testing.assert_close(found, torch.tensor(weights, dtype=torch.float32))


NOT_POSITIVE = "which is not positive: delete such rows"


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("0", f"has the weight '0', {NOT_POSITIVE}"),
        ("0.00", f"has the weight '0.00', {NOT_POSITIVE}"),
        ("-1", f"has the weight '-1', {NOT_POSITIVE}"),
        ("-0.5", f"has the weight '-0.5', {NOT_POSITIVE}"),
        ("nan", "has the weight 'nan', which is not a number"),
        ("inf", "has the weight 'inf', which is not a number"),
        ("many", "has the weight 'many', which is not a number"),
        ("1,5", "has the weight '1,5', which is not a number"),
        ("1 000", "has the weight '1 000', which is not a number"),
        ("3 pcs", "has the weight '3 pcs', which is not a number"),
        ("$5", "has the weight '$5', which is not a number"),
        ("0x10", "has the weight '0x10', which is not a number"),
        ("true", "has the weight 'true', which is not a number"),
        ("2024-01-31", "has the weight '2024-01-31', which is not a number"),
        ("1e12", "has the weight '1e12', which is out of range"),
        ("1e400", "has the weight '1e400', which is out of range"),
        ("1e-13", "has the weight '1e-13', which is out of range"),
        ("", "has no weight: the field is empty"),
        ("  ", "has no weight: the field is empty"),
    ],
)
def test_what_is_no_weight_is_told_with_its_line(tmp_path, field, message):
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        weights_in(tmp_path, ["1", field, "2"])
    assert str(caught.value).startswith("Line 3 of ")


def test_quantities_of_repeated_orders_add_up_and_this_is_said(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    text = "user\titem\tn\ttime\na\tx\t2\t9\na\ty\t1\t5\na\tx\t3\t7\n"
    interactions = load(tmp_path, text, weight_column="n", timestamp_column="time")
    assert pairs_of(interactions) == [("a", "x"), ("a", "y")]
    assert interactions.weights.tolist() == [5, 1]
    assert interactions.timestamps.tolist() == [9, 5]
    assert "the latest of each is kept, with the weights of all added up." in caplog.text
    assert "weights of pairs from 1 to 5, 3 on average" in caplog.text


def test_filtered_pairs_and_three_files_keep_their_weights(tmp_path):
    text = "user\titem\tn\tr\na\tx\t2\t5\na\ty\t4\t1\nb\tx\t8\t4\n"
    options = {"weight_column": "n", "rating_column": "r", "min_rating": 3}
    assert load(tmp_path, text, **options).weights.tolist() == [2, 8]
    parts = {
        part: write(tmp_path, f"user\titem\tn\na\t{part}\t{weight}\n", f"{part}.tsv")
        for part, weight in (("train", 3), ("validation", 1), ("test", 2))
    }
    split = delimited(path=None, **parts, weight_column="n").load_split()
    assert split.train.weights.tolist() == [3]
    assert split.validation.weights is None
    whole = split.train.union(split.validation).union(split.test)
    assert dict(zip(whole.labels.items[whole.item_ids], whole.weights.tolist(), strict=True)) == {
        "train": 3,
        "validation": 1,
        "test": 2,
    }


def test_one_column_cannot_be_two_things(tmp_path):
    with pytest.raises(ValueError, match="needs a column of its own"):
        load(tmp_path, "user\titem\tn\na\tx\t2\n", weight_column="n", rating_column="n")
