"""Synthetic interactions are exact in size, repeatable, and hold tastes worth learning."""

import numpy as np
import pytest
import torch
from tests.data.made_sources import synthetic

from rankdistill.data.splits import RandomSplit
from rankdistill.data.synthetic import MIN_ITEMS_PER_USER, share_out


@pytest.fixture(scope="module")
def default():
    return synthetic().load()


@pytest.mark.parametrize(
    ("users", "items", "pairs"), [(1000, 1500, 60_000), (1, 10, 5), (7, 11, 35), (40, 50, 1000)]
)
def test_sizes_are_exact_and_no_user_has_too_few_or_too_many(users, items, pairs):
    interactions = synthetic(num_users=users, num_items=items, num_interactions=pairs).load()
    assert interactions.num_users == users
    assert interactions.num_items == items
    assert interactions.num_interactions == pairs
    assert int(interactions.counts.min()) >= MIN_ITEMS_PER_USER
    assert int(interactions.counts.max()) <= items // 2
    assert bool((interactions.keys.diff() > 0).all())


def test_one_seed_gives_the_same_interactions_and_another_gives_others(default):
    again, other = synthetic().load(), synthetic(seed=1).load()
    assert again.fingerprint == default.fingerprint
    assert again.ratings.equal(default.ratings)
    assert again.timestamps.equal(default.timestamps)
    assert other.fingerprint != default.fingerprint


def test_the_global_random_state_is_left_alone():
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    synthetic(num_users=50, num_items=60, num_interactions=600).load()
    assert torch.get_rng_state().equal(before[0])
    assert np.random.get_state()[1].tolist() == before[1]


def test_labels_ratings_and_times_are_those_of_a_data_set(default):
    assert default.labels.users[17] == "u17"
    assert default.labels.titles[17] == "Synthetic item 17"
    assert default.ratings.unique().tolist() == [1, 2, 3, 4, 5]
    assert default.ratings.dtype == torch.float32
    assert default.timestamps.dtype == torch.int64
    years = default.timestamps.double() / (365.25 * 86_400) + 1970
    assert 2014.9 < float(years.min()) < float(years.max()) < 2020.1


def test_a_few_users_and_items_take_a_large_part(default):
    for counts in (default.counts, torch.bincount(default.item_ids)):
        largest = counts.sort(descending=True).values
        top_tenth = largest[: len(largest) // 10].sum() / largest.sum()
        assert 0.25 < float(top_tenth) < 0.6


def test_popularity_and_taste_can_be_turned_off():
    even = synthetic(
        num_users=500,
        num_items=200,
        num_interactions=10_000,
        popularity_exponent=0.0,
        temperature=1e6,
    ).load()
    counts = torch.bincount(even.item_ids, minlength=200)
    assert int(counts.min()) > 20  # 50 expected, standard deviation 7
    assert int(counts.max()) < 90


def test_activity_is_shared_out_in_full_even_at_the_limits():
    generator = np.random.Generator(np.random.SFC64(0))
    assert share_out(10, 100, 50, generator).tolist() == [5] * 10
    assert share_out(10, 100, 500, generator).tolist() == [50] * 10
    assert share_out(3, 100, 100, generator).sum() == 100


def test_factors_of_matching_rank_rank_held_out_items_far_better_than_popularity(default):
    """Weighted factorisation by alternating least squares, in the simplest form."""
    split = RandomSplit(0.1, 0.1, per_user=False)(default, torch.Generator().manual_seed(0))
    train = torch.zeros(default.num_users, default.num_items)
    train[split.train.user_ids, split.train.item_ids] = 1
    popularity = train.sum(0).expand_as(train)
    generator = torch.Generator().manual_seed(0)
    items = 0.1 * torch.randn(default.num_items, 16, generator=generator)
    users = torch.empty(0)
    for _ in range(6):
        users = solve(train, items)
        items = solve(train.T, users)
    by_popularity = recall(popularity, train, split.test)
    by_factors = recall(users @ items.T, train, split.test)
    assert by_factors > 1.5 * by_popularity
    assert by_popularity > 2 * 10 / default.num_items  # and popularity beats chance


def solve(train, factors, weight=10.0, regularisation=2.0):
    """The other side's factors: ridge regression with ones weighted over zeros."""
    rank = factors.shape[1]
    outer = (factors[:, :, None] * factors[:, None, :]).reshape(len(factors), -1)
    systems = (weight * train @ outer).reshape(-1, rank, rank) + factors.T @ factors
    systems += regularisation * torch.eye(rank)
    return torch.linalg.solve(systems, (1 + weight) * train @ factors)


def recall(scores, train, test):
    """Share of the held-out pairs among each user's ten best unseen items."""
    best = scores.masked_fill(train.bool(), -torch.inf).topk(10, dim=1).indices
    return float((best[test.user_ids] == test.item_ids[:, None]).any(1).float().mean())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_users": 0}, "num_users must be positive"),
        ({"rank": 0}, "rank must be positive"),
        ({"num_items": 9}, "num_items must be at least 10"),
        ({"num_interactions": 4999}, "between 5000 .5 a user. and 750000 .half of"),
        ({"num_interactions": 750_001}, "between 5000 .5 a user. and 750000 .half of"),
        ({"popularity_exponent": -1.0}, "popularity_exponent"),
        ({"temperature": 0.0}, "temperature must be positive"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        synthetic(**settings)
