"""Pairs go to three parts, by shares that are checked."""

import logging
from dataclasses import replace

import pytest
import torch

from rankdistill.data.interactions import Interactions
from rankdistill.data.parting import (
    TEST,
    TRAIN,
    VALIDATION,
    Split,
    all_for_training,
    check_shares,
    last_of_each_user,
    last_shares,
    log_kept_whole,
    parted,
    rounded,
)
from rankdistill.data.splits import RandomSplit


def made_up(*counts):
    """Users who have the first items, as many as said."""
    users = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    items = torch.cat([torch.arange(count) for count in counts])
    return Interactions.from_pairs(users, items, len(counts), max(counts))


@pytest.mark.parametrize(
    ("validation", "test", "message"),
    [
        (-0.1, 0.2, r"validation must be a share in \[0, 1\), got -0\.1"),
        (0.1, 1.0, r"test must be a share in \[0, 1\), got 1\.0"),
        (0.1, float("nan"), r"test must be a share in \[0, 1\), got nan"),
        (0.0, 0.0, "must sum to more than 0"),
        (0.5, 0.5, "less than 1, got 0.5 and 0.5"),
    ],
)
def test_shares_that_leave_nothing_to_a_side_are_refused(validation, test, message):
    check_shares(0.0, 0.2)
    check_shares(0.5, 0.49)
    with pytest.raises(ValueError, match=message):
        check_shares(validation, test)


def test_halves_are_rounded_up_even_where_the_share_has_no_exact_binary_form():
    assert rounded(torch.tensor([0, 4, 5, 14, 15]), 0.1).tolist() == [0, 0, 1, 1, 2]
    assert rounded(torch.tensor([45, 85]), 0.7).tolist() == [32, 60]  # 31.5 and 59.5, less a bit


def test_the_last_shares_of_an_order_are_held_out_test_after_validation():
    order = torch.tensor([3, 0, 4, 1, 2])
    parts = last_shares(order, validation=0.2, test=0.4)
    assert parts[order].tolist() == [TRAIN, TRAIN, VALIDATION, TEST, TEST]


def test_the_last_pairs_of_each_user_in_an_order_are_held_out():
    interactions = made_up(3, 0, 2, 1)  # pairs 0 1 2 of user 0, 3 4 of user 2, 5 of user 3
    order = torch.tensor([5, 2, 4, 0, 3, 1])
    parts = last_of_each_user(
        interactions, order, validation=torch.tensor([1, 1, 0, 0]), test=torch.tensor([1, 1, 1, 0])
    )
    assert parts.tolist() == [VALIDATION, TEST, TRAIN, TEST, TRAIN, TRAIN]


def test_each_part_gets_its_pairs_and_their_rows_of_the_file():
    interactions = replace(made_up(2, 2), file_rows=torch.arange(4, dtype=torch.int32))
    parts = torch.tensor([TRAIN, TEST, VALIDATION, TRAIN])
    split = parted(interactions, parts, RandomSplit(0.25, 0.25, per_user=False))
    assert [part.keys.tolist() for part in split.parts] == [[0, 3], [2], [1]]
    rows = [part.file_rows for part in split.parts]
    assert [None if some is None else some.tolist() for some in rows] == [[0, 3], [2], [1]]


def test_a_part_that_is_wanted_and_empty_is_refused_by_name():
    interactions = made_up(2)
    no_test = torch.tensor([TRAIN, VALIDATION])
    assert (
        parted(interactions, no_test, RandomSplit(0.5, 0.0, per_user=False)).test.counts.sum() == 0
    )
    with pytest.raises(ValueError, match="leaves the test part of 2 interactions of 1 users empty"):
        parted(interactions, no_test, RandomSplit(0.4, 0.1, per_user=False))
    with pytest.raises(ValueError, match="leaves the training part"):
        parted(interactions, torch.tensor([TEST, TEST]), RandomSplit(0.0, 0.9, per_user=False))


def test_the_fingerprint_changes_when_two_parts_are_exchanged():
    train, validation, test = made_up(3), made_up(2, 2), made_up(1, 3)
    with pytest.raises(AssertionError, match="parts of different users or items"):
        Split(train, validation, test)
    one, two, three = (made_up(3, count) for count in (1, 2, 3))
    split = Split(one, two, three)
    assert len(split.fingerprint) == 16
    assert Split(one, two, three).fingerprint == split.fingerprint
    assert Split(one, three, two).fingerprint != split.fingerprint


def test_users_without_items_are_not_counted_among_those_kept_whole(caplog):
    counts = torch.tensor([0, 1, 9])
    with caplog.at_level(logging.INFO):
        log_kept_whole(counts, counts < 2, "a share of 0.1")
        log_kept_whole(counts, counts < 1, "a share of 0.1")
    assert caplog.messages == [
        "1 of 3 users have too few items for a share of 0.1 and stay wholly in training."
    ]


def test_all_parts_are_joined_for_training_and_nothing_is_held_out():
    pairs = ((1, 1), (0, 0), (0, 2))
    parts = [Interactions.from_pairs(torch.tensor([u]), torch.tensor([i]), 2, 3) for u, i in pairs]
    joined = all_for_training(Split(*parts))
    assert joined.train.keys.tolist() == [0, 2, 4]
    assert joined.validation.num_interactions == joined.test.num_interactions == 0
    assert joined.fingerprint != Split(*parts).fingerprint
