"""Ties in time are counted as a loop over users counts them."""

import logging

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data.made_sources import movielens

from rankdistill.data.interactions import Interactions
from rankdistill.data.splits import LeaveLastOut, TemporalSplit
from rankdistill.data.ties import Ties


def of_times(times_by_user):
    """Users with an item for each of their times."""
    rows = [
        (user, item, time)
        for user, times in enumerate(times_by_user)
        for item, time in enumerate(times)
    ]
    users, items, times = map(torch.tensor, zip(*rows, strict=True))
    return Interactions.from_pairs(users, items, len(times_by_user), 30, timestamps=times)


def split(splitter, times_by_user):
    return splitter(of_times(times_by_user), torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("times", "tied", "tied_at_test"),
    [
        ([9, 5, 5], 1, 0),
        ([1, 5, 9], 0, 0),
        ([1, 5, 5], 1, 1),
        ([5, 5, 9], 1, 0),
        ([5, 5, 5], 1, 1),
        ([1, 2, 5, 5], 1, 1),
        ([1, 1, 2, 3], 0, 0),
        ([1, 2, 2, 3], 1, 0),
        ([0.1, 0.2, 0.3], 0, 0),
        ([0.1, 0.3, 0.3], 1, 1),
        ([-5, -5, -9], 1, 1),
        ([7, 7], 0, 0),
    ],
)
def test_a_user_is_tied_where_a_held_out_item_shares_its_time_with_another_part(
    times, tied, tied_at_test
):
    others = [[1, 2, 3, 4]]
    ties = split(LeaveLastOut(1, 1, ties="random"), [times, *others]).ties
    assert (ties.tied_users, ties.tied_test_users) == (tied, tied_at_test)
    assert ties.users == 1 + (len(times) > 2)


@settings(max_examples=40, deadline=None)
@given(
    times=st.lists(st.lists(st.integers(0, 4), min_size=0, max_size=9), min_size=2, max_size=6),
    validation=st.integers(0, 2),
    test=st.integers(1, 2),
)
def test_ties_are_those_that_a_loop_over_users_finds(times, validation, test):
    times = [*times, [0, 1, 2, 3, 4]]
    ties = split(LeaveLastOut(validation, test, ties="random"), times).ties
    users = tied = 0
    for own in map(sorted, times):
        if len(own) > validation + test:
            users += 1
            cuts = {len(own) - test, len(own) - test - validation}
            tied += any(own[cut - 1] == own[cut] for cut in cuts)
    assert (ties.users, ties.tied_users) == (users, tied)


def test_a_cut_through_all_times_ties_the_users_that_have_the_time_of_the_cut():
    ties = split(TemporalSplit(0.0, 0.5, ties="random"), [[1, 5], [5, 9]]).ties
    assert ties.tied_users == ties.tied_test_users <= 2
    assert ties.tied_users >= 1
    assert split(TemporalSplit(0.0, 0.5, ties="random"), [[1, 2], [5, 9]]).ties.tied_users == 0


@pytest.mark.parametrize(("tied", "level"), [(0, None), (5, "INFO"), (6, "WARNING")])
def test_ties_of_most_users_are_a_warning(tied, level, caplog):
    with caplog.at_level(logging.INFO):
        Ties(10, tied, tied, "random").tell(has_file_order=True)
    assert [record.levelname for record in caplog.records] == ([] if level is None else [level])
    if level:
        assert f"Held-out items of {tied} of 10 users (test items of {tied})" in caplog.text
    assert ("split.ties=file" in caplog.text) == (level == "WARNING")


def test_the_order_of_a_file_that_is_not_known_is_not_advised(caplog):
    with caplog.at_level(logging.INFO):
        Ties(10, 9, 9, "random").tell(has_file_order=False)
    assert "split.ties=file" not in caplog.text


@pytest.mark.real_data
def test_the_test_item_of_415_of_943_users_of_movielens_100k_hangs_on_a_tie(real_directory):
    interactions = movielens("ml-100k", path=str(real_directory), download=False)
    ties = LeaveLastOut(1, 1, ties="random")(
        interactions.load(), torch.Generator().manual_seed(0)
    ).ties
    assert (ties.users, ties.tied_test_users) == (943, 415)
