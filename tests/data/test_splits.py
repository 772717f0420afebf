"""Splits part the pairs, hold out what they promise, and repeat under one seed."""

import logging
from dataclasses import replace
from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rankdistill.data.interactions import Interactions
from rankdistill.data.parting import Split
from rankdistill.data.splits import (
    LeaveLastOut,
    LeaveRandomOut,
    RandomSplit,
    TemporalSplit,
    UserHalvesSplit,
)


def made_up(counts, num_items=60, seed=0):
    """Users with these numbers of items, and timestamps with ties."""
    generator = torch.Generator().manual_seed(seed)
    items = [torch.randperm(num_items, generator=generator)[:count] for count in counts]
    user_ids = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    return Interactions.from_pairs(
        user_ids,
        torch.cat(items),
        num_users=len(counts),
        num_items=num_items,
        ratings=torch.rand(len(user_ids), generator=generator),
        timestamps=torch.randint(0, 25, (len(user_ids),), generator=generator),
    )


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def of_user(part, user):
    return slice(int(part.offsets[user]), int(part.offsets[user + 1]))


ALL_SPLITTERS = [
    RandomSplit(0.1, 0.2, per_user=False),
    RandomSplit(0.1, 0.2, per_user=True),
    TemporalSplit(0.1, 0.2, ties="random"),
    LeaveLastOut(1, 2, ties="random"),
    LeaveRandomOut(1, 2),
    UserHalvesSplit(0.2, 0.5),
]


@pytest.mark.parametrize("splitter", ALL_SPLITTERS, ids=str)
def test_every_pair_lands_in_exactly_one_part_with_its_rating_and_time(splitter):
    interactions = made_up([0, 1, 2, 3, 20, 40, 7])
    split = splitter(interactions, seeded())
    keys = torch.cat([part.keys for part in split.parts])
    order = keys.argsort()
    assert keys[order].equal(interactions.keys)
    for field in ("ratings", "timestamps"):
        values = torch.cat([getattr(part, field) for part in split.parts])[order]
        assert values.equal(getattr(interactions, field))
    assert all(part.num_users == 7 and part.num_items == 60 for part in split.parts)


@pytest.mark.parametrize("splitter", ALL_SPLITTERS, ids=str)
def test_one_seed_gives_one_split(splitter):
    interactions = made_up([30] * 5)
    assert (
        splitter(interactions, seeded()).fingerprint == splitter(interactions, seeded()).fingerprint
    )


@pytest.mark.parametrize("per_user", [False, True])
def test_another_seed_gives_another_random_split(per_user):
    interactions, splitter = made_up([30] * 5), RandomSplit(0.1, 0.1, per_user)
    assert (
        splitter(interactions, seeded()).fingerprint
        != splitter(interactions, seeded(1)).fingerprint
    )


def test_the_global_random_seed_is_neither_read_nor_moved():
    interactions = made_up([30] * 5)
    torch.manual_seed(1)
    first = RandomSplit(0.1, 0.1, per_user=False)(interactions, seeded()).fingerprint
    state = torch.get_rng_state()
    assert RandomSplit(0.1, 0.1, per_user=False)(interactions, seeded()).fingerprint == first
    assert torch.get_rng_state().equal(state)


def test_random_shares_are_those_of_the_whole():
    split = RandomSplit(0.1, 0.25, per_user=False)(made_up([50] * 4), seeded())
    assert [part.num_interactions for part in split.parts] == [130, 20, 50]


def test_random_parts_are_drawn_from_all_users_and_times_alike():
    interactions = made_up([50] * 40)
    counts = RandomSplit(0.0, 0.5, per_user=False)(interactions, seeded()).test.counts
    assert int(counts.min()) > 10  # 25 expected, standard deviation 3.5
    assert int(counts.max()) < 40


def test_per_user_shares_are_rounded_half_up_and_small_users_stay_whole(caplog):
    interactions = made_up([0, 1, 4, 5, 14, 15, 30])
    with caplog.at_level(logging.INFO):
        split = RandomSplit(0.1, 0.1, per_user=True)(interactions, seeded())
    assert split.test.counts.tolist() == [0, 0, 0, 1, 1, 2, 3]
    assert split.validation.counts.tolist() == [0, 0, 0, 1, 1, 2, 3]
    assert split.train.counts.tolist() == [0, 1, 4, 3, 12, 11, 24]
    assert caplog.messages == [
        "2 of 7 users have too few items for shares of 0.1 and 0.1 and stay wholly in training."
    ]


def test_per_user_shares_never_take_a_users_last_training_item():
    split = RandomSplit(0.4, 0.4, per_user=True)(made_up([1, 2, 3, 10]), seeded())
    assert split.train.counts.tolist() == [1, 2, 1, 2]


def test_time_never_runs_backwards_from_one_part_to_the_next():
    split = TemporalSplit(0.2, 0.2, ties="random")(made_up([30] * 10), seeded())
    assert [part.num_interactions for part in split.parts] == [180, 60, 60]
    assert split.train.timestamps.max() <= split.validation.timestamps.min()
    assert split.validation.timestamps.max() <= split.test.timestamps.min()


def one_user(times, file_rows=None):
    """A user with an item for each time; items in order of their numbers."""
    return Interactions.from_pairs(
        torch.zeros(len(times), dtype=torch.int64),
        torch.arange(len(times)),
        num_users=1,
        num_items=len(times),
        timestamps=torch.tensor(times),
        file_rows=None if file_rows is None else torch.tensor(file_rows, dtype=torch.int32),
    )


@pytest.mark.parametrize(
    "splitter", [LeaveLastOut(0, 1, ties="random"), TemporalSplit(0, 0.3, ties="random")], ids=str
)
def test_each_of_the_items_at_one_time_is_the_last_one_under_some_seed(splitter):
    items = one_user([5, 5, 5])
    tested = {splitter(items, seeded(seed)).test.item_ids.item() for seed in range(30)}
    assert tested == {0, 1, 2}


@pytest.mark.parametrize(
    "splitter", [LeaveLastOut(0, 1, ties="file"), TemporalSplit(0, 0.3, ties="file")], ids=str
)
def test_ties_go_by_the_order_of_the_file_where_the_user_says_so(splitter):
    for file_rows, last in (([0, 2, 1], 1), ([2, 0, 1], 0), ([1, 0, 2], 2)):
        for seed in range(3):
            split = splitter(one_user([5, 5, 5], file_rows), seeded(seed))
            assert split.test.item_ids.tolist() == [last]
            assert split.test.file_rows.tolist() == [file_rows[last]]
    with pytest.raises(ValueError, match=r"split\.ties=file needs data that keep the order"):
        splitter(one_user([5, 5, 5]), seeded())


@pytest.mark.parametrize(
    "splitter", [partial(LeaveLastOut, 1, 1), partial(TemporalSplit, 0.1, 0.1)]
)
def test_another_word_for_ties_is_refused(splitter):
    with pytest.raises(ValueError, match="must be 'random' or 'file', got 'item'"):
        splitter(ties="item")


def test_fractions_of_a_second_order_items():
    for seed in range(5):
        split = LeaveLastOut(0, 1, ties="random")(one_user([0.5, 0.9, 0.1]), seeded(seed))
        assert split.test.item_ids.tolist() == [1]
        assert split.ties.tied_users == 0


def test_each_users_last_items_are_held_out_in_order_of_time():
    interactions = made_up([5, 9, 30, 12])
    split = LeaveLastOut(validation=2, test=1, ties="random")(interactions, seeded())
    for user in range(4):
        times = [part.timestamps[of_user(part, user)] for part in split.parts]
        assert [len(time) for time in times] == [int(interactions.counts[user]) - 3, 2, 1]
        assert times[0].max() <= times[1].min()
        assert times[1].max() <= times[2].min()


def test_users_without_enough_items_stay_whole_and_are_counted(caplog):
    with caplog.at_level(logging.INFO):
        split = LeaveLastOut(1, 1, ties="random")(made_up([0, 1, 2, 3]), seeded())
    assert split.train.counts.tolist() == [0, 1, 2, 1]
    assert split.test.counts.tolist() == [0, 0, 0, 1]
    assert caplog.messages == [
        "2 of 4 users have too few items for 2 held-out items and stay wholly in training."
    ]


@pytest.mark.parametrize(
    "splitter", [TemporalSplit(0.1, 0.1, ties="random"), LeaveLastOut(1, 1, ties="random")], ids=str
)
def test_a_split_by_time_needs_timestamps(splitter):
    pairs = Interactions.from_pairs(torch.tensor([0, 0]), torch.tensor([0, 1]), 1, 2)
    with pytest.raises(ValueError, match=r"needs timestamps.*timestamp_column.*split=random"):
        splitter(pairs, seeded())


@pytest.mark.parametrize(
    "splitter", [partial(RandomSplit, per_user=False), partial(TemporalSplit, ties="random")]
)
@pytest.mark.parametrize("shares", [(-0.1, 0.1), (0.1, 1.0), (0.5, 0.5), (0, 0), (float("nan"), 0)])
def test_shares_that_leave_nothing_to_learn_or_hold_out_are_refused(splitter, shares):
    with pytest.raises(ValueError, match=r"must be a share in \[0, 1\)|must sum to more than 0"):
        splitter(*shares)


@pytest.mark.parametrize("numbers", [(-1, 1), (0, 0), (0.1, 1), (True, 1)])
@pytest.mark.parametrize("splitter", [partial(LeaveLastOut, ties="random"), LeaveRandomOut])
def test_items_to_leave_out_are_whole_numbers(splitter, numbers):
    with pytest.raises(ValueError, match="validation"):
        splitter(*numbers)


def test_leave_random_out_draws_each_item_of_a_user_equally_often():
    interactions = made_up([6, 3, 2])
    splits = [LeaveRandomOut(1, 1)(interactions, seeded(seed)) for seed in range(300)]
    for part in ("validation", "test"):
        parts = [getattr(split, part) for split in splits]
        assert all(part.counts.tolist() == [1, 1, 0] for part in parts)
        drawn = torch.stack([part.item_ids[0] for part in parts])
        often = torch.tensor([int((drawn == item).sum()) for item in interactions.item_ids[:6]])
        assert bool(((often > 30) & (often < 75)).all()), often


@pytest.mark.parametrize(
    ("splitter", "part"),
    [
        (RandomSplit(0.1, 0.4, per_user=False), "validation"),
        (RandomSplit(0.4, 0.1, per_user=False), "test"),
        (RandomSplit(0.1, 0.1, per_user=True), "validation"),
        (LeaveLastOut(3, 0, ties="random"), "validation"),
        (LeaveRandomOut(3, 0), "validation"),
    ],
    ids=str,
)
def test_a_part_that_would_be_empty_is_refused(splitter, part):
    with pytest.raises(ValueError, match=f"leaves the {part} part of 3 interactions"):
        splitter(made_up([3]), seeded())


def test_the_fingerprint_tells_the_parts_apart():
    a, b, c = RandomSplit(0.3, 0.3, per_user=False)(made_up([30]), seeded()).parts
    assert Split(a, b, c).fingerprint != Split(a, c, b).fingerprint


def test_parts_of_different_sizes_are_refused():
    with pytest.raises(AssertionError, match="different users or items"):
        Split(made_up([3]), made_up([3, 3]), made_up([3]))


@settings(max_examples=50, deadline=None)
@given(
    counts=st.lists(st.integers(0, 20), min_size=1, max_size=12).filter(lambda c: max(c) > 4),
    validation=st.integers(0, 2),
    test=st.integers(1, 2),
)
def test_leave_last_out_agrees_with_a_loop_over_users(counts, validation, test):
    interactions = made_up(counts)
    no_ties = torch.randperm(interactions.num_interactions, generator=seeded(7))
    interactions = replace(interactions, timestamps=no_ties)
    split = LeaveLastOut(validation, test, ties="random")(interactions, seeded())
    for user, count in enumerate(counts):
        own = of_user(interactions, user)
        items = interactions.item_ids[own].tolist()
        times = interactions.timestamps[own].tolist()
        by_time = [item for _, item in sorted(zip(times, items, strict=True))]
        enough = count > validation + test
        expected = set(by_time[-test:]) if enough else set()
        assert set(split.test.item_ids[of_user(split.test, user)].tolist()) == expected
        expected = set(by_time[: -validation - test]) if enough else set(by_time)
        assert set(split.train.item_ids[of_user(split.train, user)].tolist()) == expected


def test_user_halves_hold_out_a_share_of_every_user_for_validation_or_for_test_never_both():
    counts = [10, 20, 40, 5, 1, 30, 15, 0]
    split = UserHalvesSplit(0.2, 0.5)(made_up(counts), seeded())
    held_out = split.validation.counts + split.test.counts
    assert held_out.tolist() == [2, 4, 8, 1, 0, 6, 3, 0]
    assert not ((split.validation.counts > 0) & (split.test.counts > 0)).any()


def test_user_halves_divide_the_users_as_told():
    split = UserHalvesSplit(0.2, 0.25)(made_up([10] * 40), seeded())
    assert int((split.validation.counts > 0).sum()) == 10
    assert int((split.test.counts > 0).sum()) == 30


@pytest.mark.parametrize("shares", [(0, 0.5), (0.2, 1.0)])
def test_user_halves_refuse_shares_that_leave_a_part_empty(shares):
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        UserHalvesSplit(*shares)
