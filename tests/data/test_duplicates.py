"""Repeated pairs are found, the latest is chosen, and the first is named."""

from pathlib import Path

import numpy as np
import pytest
import torch

from rankdistill.data.duplicates import (
    last_rows,
    refuse_duplicates,
    refuse_shared_pairs,
    repeated_rows,
)
from rankdistill.data.interactions import Interactions, Labels
from rankdistill.data.read_table import read_table

LABELS = Labels(np.array(["a", "b"], dtype=object), np.array(["x", "y"], dtype=object))


def test_every_row_after_the_first_of_its_pair_is_a_repetition():
    assert repeated_rows(np.array([7, 3, 7, 5, 3, 7])).tolist() == [2, 4, 5]
    assert repeated_rows(np.array([7, 3, 5])).tolist() == []
    assert repeated_rows(np.array([], dtype=np.int64)).tolist() == []


@pytest.mark.parametrize(
    ("times", "kept"),
    [
        (None, [3, 4]),
        ([5, 1, 9, 2, 8], [2, 4]),
        ([9, 1, 9, 9, 1], [3, 4]),  # the last in the file among equal times
        ([9.5, 8.0, 9.25, 0.0, 1.0], [0, 1]),
    ],
)
def test_the_latest_row_of_each_pair_is_kept(times, kept):
    pairs = np.array([4, 2, 4, 4, 2])
    timestamps = None if times is None else np.array(times)
    assert last_rows(pairs, timestamps).tolist() == kept


def test_rows_without_a_repetition_all_stay_whatever_their_times():
    assert last_rows(np.array([4, 2, 3]), np.array([3, 2, 1])).tolist() == [0, 1, 2]


def test_the_first_repetition_is_named_with_its_line(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("user,item\na,x\n\nb,y\nb,y\na,x\n")
    table = read_table(path, ",", True, {"user": None, "item": None}, max_gib=1.0)
    refuse_duplicates(table, np.array([0, 3, 1, 2]), LABELS)
    with pytest.raises(ValueError, match=r"repeats 2 .* pairs; .* user b, item y in line 5\. Set"):
        refuse_duplicates(table, np.array([0, 3, 3, 0]), LABELS)


def test_a_pair_that_two_files_share_is_named_with_both():
    def having(*pairs):
        users, items = torch.tensor(pairs).T
        return Interactions.from_pairs(users, items, 2, 2, labels=LABELS)

    train, test = Path("train.csv"), Path("test.csv")
    refuse_shared_pairs(having((0, 0), (1, 0)), having((0, 1), (1, 1)), train, test)
    with pytest.raises(ValueError, match=r"in both train\.csv and test\.csv") as caught:
        refuse_shared_pairs(having((0, 0), (1, 0)), having((1, 0), (1, 1)), train, test)
    assert str(caught.value) == (
        "1 (user, item) pair is in both train.csv and test.csv; the first is user b, item x."
    )
