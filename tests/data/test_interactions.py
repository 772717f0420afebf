"""Interactions keep every pair once, in order, whatever order it came in."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rankdistill.data.interactions import Interactions, Labels

NUM_USERS, NUM_ITEMS = 6, 9
pair_lists = st.lists(
    st.tuples(st.integers(0, NUM_USERS - 1), st.integers(0, NUM_ITEMS - 1)), unique=True
)


def from_rows(rows, **settings):
    users, items = zip(*rows, strict=True) if rows else ((), ())
    return Interactions.from_pairs(
        torch.tensor(users, dtype=torch.int64),
        torch.tensor(items, dtype=torch.int64),
        NUM_USERS,
        NUM_ITEMS,
        ratings=torch.arange(len(rows), dtype=torch.float32),
        timestamps=torch.arange(len(rows)) + 100,
        **settings,
    )


def rows_of(interactions):
    return list(
        zip(
            interactions.user_ids.tolist(),
            interactions.item_ids.tolist(),
            interactions.ratings.tolist(),
            interactions.timestamps.tolist(),
            strict=True,
        )
    )


@settings(max_examples=100, deadline=None)
@given(pair_lists)
def test_pairs_in_any_order_come_out_sorted_with_their_ratings_and_times(rows):
    interactions = from_rows(rows)
    expected = sorted((u, i, float(row), 100 + row) for row, (u, i) in enumerate(rows))
    assert rows_of(interactions) == expected
    assert interactions.num_interactions == len(rows)
    assert interactions.num_users == NUM_USERS
    for user in range(NUM_USERS):
        own = interactions.item_ids[interactions.offsets[user] : interactions.offsets[user + 1]]
        assert own.tolist() == sorted(item for u, item in rows if u == user)


@settings(max_examples=50, deadline=None)
@given(pair_lists, st.randoms(use_true_random=False))
def test_a_selection_keeps_rows_whole_and_ids_as_they_are(rows, random):
    interactions = from_rows(rows)
    mask = [random.random() < 0.5 for _ in rows]
    selected = interactions.select(torch.tensor(mask, dtype=torch.bool))
    kept = [row for row, keep in zip(rows_of(interactions), mask, strict=True) if keep]
    assert rows_of(selected) == kept
    assert (selected.num_users, selected.num_items) == (NUM_USERS, NUM_ITEMS)
    assert int(selected.counts.sum()) == len(kept)


@settings(max_examples=50, deadline=None)
@given(pair_lists, st.integers(0, 60))
def test_the_union_of_two_parts_is_the_whole(rows, at):
    whole = from_rows(rows)
    position = torch.arange(len(rows))
    joined = whole.select(position >= at).union(whole.select(position < at))
    assert joined.fingerprint == whole.fingerprint


def test_a_repeated_pair_is_refused():
    with pytest.raises(ValueError, match=r"2 .user, item. pairs occur more than once"):
        from_rows([(1, 2), (0, 0), (1, 2), (1, 2)])


@pytest.mark.parametrize("row", [(NUM_USERS, 0), (-1, 0), (0, NUM_ITEMS), (0, -1)])
def test_ids_out_of_range_are_refused(row):
    with pytest.raises(ValueError, match="ids must lie in"):
        from_rows([(0, 1), row])


def test_vectors_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="one length"):
        Interactions.from_pairs(torch.tensor([0, 1]), torch.tensor([0]), 2, 2)


def test_the_fingerprint_changes_with_pairs_sizes_and_names_only():
    rows = [(0, 1), (2, 3)]
    plain = from_rows(rows)
    assert from_rows(rows[::-1]).fingerprint == plain.fingerprint  # other ratings, same pairs
    assert from_rows([(0, 1), (2, 4)]).fingerprint != plain.fingerprint
    wider = Interactions.from_pairs(
        torch.tensor([0, 2]), torch.tensor([1, 3]), NUM_USERS, NUM_ITEMS + 1
    )
    assert wider.fingerprint != plain.fingerprint
    names = Labels(np.array(list("abcdef"), object), np.array(list("123456789"), object))
    assert from_rows(rows, labels=names).fingerprint != plain.fingerprint


def test_moving_keeps_everything():
    interactions = from_rows([(3, 1), (0, 2)])
    moved = interactions.to("cpu")
    assert rows_of(moved) == rows_of(interactions)
    assert moved.num_items == NUM_ITEMS


def test_pairs_that_come_in_order_and_shuffled_become_the_same():
    generator = torch.Generator().manual_seed(0)
    cells = torch.randperm(40 * 30, generator=generator)[:500].sort().values
    ratings, timestamps = torch.rand(500, generator=generator), torch.arange(500)
    shuffle = torch.randperm(500, generator=generator)
    ordered, shuffled, bare = (
        Interactions.from_pairs(cells[at] // 30, cells[at] % 30, 40, 30, *rest)
        for at, rest in (
            (torch.arange(500), (ratings, timestamps)),
            (shuffle, (ratings[shuffle], timestamps[shuffle])),
            (shuffle, ()),
        )
    )
    for other in (shuffled, bare):
        assert torch.equal(ordered.offsets, other.offsets)
        assert torch.equal(ordered.item_ids, other.item_ids)
    assert torch.equal(ordered.ratings, shuffled.ratings)
    assert torch.equal(ordered.timestamps, shuffled.timestamps)


@pytest.mark.parametrize("rated", [False, True])
def test_a_pair_that_occurs_twice_is_refused_in_any_order(rated):
    ratings = torch.ones(3) if rated else None
    users = torch.tensor([1, 0, 1])
    for order in ([0, 1, 2], [1, 0, 2]):
        with pytest.raises(ValueError, match=r"1 .* occur more than once"):
            Interactions.from_pairs(users[order], torch.zeros(3, dtype=torch.int64), 2, 2, ratings)


def weighted(weights=(4.0, 1.0, 1.0)):
    users, items = torch.tensor([1, 0, 0]), torch.tensor([0, 2, 1])
    return Interactions.from_pairs(users, items, 2, 3, weights=torch.tensor(weights))


def test_weights_follow_their_pairs_and_have_a_mean_of_one_beside_each_other():
    interactions = weighted((4.0, 1.0, 7.0))
    assert interactions.weights.tolist() == [7, 1, 4]
    assert interactions.relative_weights.tolist() == [1.75, 0.25, 1]
    kept = interactions.select(torch.tensor([True, False, True]))
    assert kept.weights.tolist() == [7, 4]
    assert kept.to("cpu").weights.tolist() == [7, 4]
    assert Interactions.from_pairs(*torch.tensor([[0], [0]]), 1, 1).relative_weights is None


def test_a_union_keeps_weights_and_gives_one_to_pairs_without():
    interactions = weighted((4.0, 1.0, 7.0))
    first = torch.tensor([True, False, False])
    parts = interactions.select(first), interactions.select(~first)
    assert parts[0].union(parts[1]).weights.tolist() == [7, 1, 4]
    without = replace(parts[1], weights=None)
    assert parts[0].union(without).weights.tolist() == [7, 1, 1]
    assert without.union(parts[0]).weights.tolist() == [7, 1, 1]


def test_the_fingerprint_tells_weights_apart_and_is_that_of_the_pairs_where_there_are_none():
    same, other = weighted(), weighted((4.0, 1.0, 2.0))
    assert weighted().fingerprint == same.fingerprint != other.fingerprint
    assert replace(same, weights=None).fingerprint == replace(other, weights=None).fingerprint


def test_a_position_says_where_a_pair_of_a_user_stands():
    rows, positions = weighted().positions_of(torch.tensor([1, 0]))
    assert rows.tolist() == [0, 1, 1]
    assert positions.tolist() == [2, 0, 1]
