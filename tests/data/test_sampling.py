from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data.made_interactions import of_matrix, random_matrix
from tests.draws.made_draws import seeded_draws

from rankdistill.data.sampling import (
    PopularityNegatives,
    UniformNegatives,
    UnseenItems,
    _complement,
)


class SearchedItems(UnseenItems):
    """As for data whose complement is too long to be listed."""

    LISTED = 0


BOTH = pytest.mark.parametrize("unseen_items", [UnseenItems, SearchedItems])


def chi_square(counts, expected):
    """Pearson's statistic over the cells that are expected to occur."""
    kept = expected > 0
    assert bool((counts[~kept] == 0).all())
    return float(((counts[kept] - expected[kept]) ** 2 / expected[kept]).sum())


@BOTH
@settings(deadline=None, max_examples=60)
@given(
    num_users=st.integers(1, 12),
    num_items=st.integers(1, 15),
    share=st.sampled_from([0.0, 0.1, 0.5, 0.9]),
    seed=st.integers(0, 1000),
)
def test_unseen_items_are_never_seen_and_all_of_them_are_reached(
    unseen_items, num_users, num_items, share, seed
):
    matrix = random_matrix(num_users, num_items, share, seed)
    matrix[matrix.all(1)] = False  # a user with everything seen is a case of its own
    users = torch.arange(num_users)
    drawn = unseen_items(of_matrix(matrix)).draw(users, 40 * num_items, seeded_draws(seed))
    for user in range(num_users):
        unseen = set((~matrix[user]).nonzero().squeeze(1).tolist())
        assert set(drawn[user].tolist()) == unseen


@BOTH
def test_unseen_items_are_uniform(unseen_items):
    matrix = random_matrix(6, 20, 0.4, seed=3)
    users = torch.arange(6)
    num_draws = 20_000
    drawn = unseen_items(of_matrix(matrix)).draw(users, num_draws, seeded_draws())
    for user in range(6):
        unseen = (~matrix[user]).double()
        counts = torch.bincount(drawn[user], minlength=20)
        # The 0.9999 quantile of chi-square with 19 degrees of freedom is 50.8.
        assert chi_square(counts, unseen / unseen.sum() * num_draws) < 50.8


@BOTH
def test_users_may_come_in_any_order_and_repeatedly(unseen_items):
    matrix = random_matrix(5, 9, 0.5, seed=1)
    users = torch.tensor([4, 0, 4, 2])
    drawn = unseen_items(of_matrix(matrix)).draw(users, 30, seeded_draws())
    assert drawn.shape == (4, 30)
    assert not bool(matrix[users[:, None], drawn].any())


@BOTH
def test_a_user_who_has_seen_everything_gets_an_item_of_the_catalogue_all_the_same(unseen_items):
    matrix = torch.tensor([[True, True, True], [False, True, False], [True, True, True]])
    drawn = unseen_items(of_matrix(matrix)).draw(torch.arange(3), 50, seeded_draws())
    assert drawn[0].unique().tolist() == [2]
    assert drawn[1].unique().tolist() == [0, 2]
    assert drawn[2].unique().tolist() == [2]


@pytest.mark.parametrize("cells_at_once", [1, 40, 2**22])
def test_listed_and_searched_complements_are_the_same_whatever_is_listed_at_once(cells_at_once):
    seen = of_matrix(random_matrix(23, 17, 0.4, seed=2))
    users = torch.arange(23).repeat(20)
    assert torch.equal(_complement(seen, cells_at_once), _complement(seen))
    listed, searched = (
        of(seen).draw(users, 3, seeded_draws()) for of in (UnseenItems, SearchedItems)
    )
    assert torch.equal(listed, searched)


def test_what_is_seen_is_what_the_matrix_says():
    matrix = random_matrix(7, 11, 0.3, seed=5)
    users = torch.tensor([6, 0, 3, 6])
    items = torch.arange(11).repeat(4, 1)
    seen = UnseenItems(of_matrix(matrix)).is_seen(users, items)
    assert torch.equal(seen, matrix[users])


@pytest.mark.parametrize("sampler", [UniformNegatives, partial(PopularityNegatives, 0.75)])
def test_positives_are_excluded_or_not_as_asked(sampler):
    matrix = random_matrix(8, 12, 0.5, seed=2)
    users = torch.arange(8)
    for exclude in (True, False):
        negatives = sampler(exclude_positives=exclude)
        negatives.prepare(of_matrix(matrix))
        drawn = negatives.draw(users, 500, seeded_draws())
        assert drawn.shape == (8, 500)
        assert drawn.dtype == torch.int64
        assert bool(matrix[users[:, None], drawn].any()) is not exclude


def test_uniform_negatives_reach_every_item_alike_where_positives_are_allowed():
    negatives = UniformNegatives(exclude_positives=False)
    negatives.prepare(of_matrix(random_matrix(4, 25, 0.5, seed=0)))
    drawn = negatives.draw(torch.arange(4), 10_000, seeded_draws())
    counts = torch.bincount(drawn.flatten(), minlength=25)
    # The 0.9999 quantile of chi-square with 24 degrees of freedom is 58.6.
    assert chi_square(counts, torch.full((25,), 40_000 / 25)) < 58.6


@pytest.mark.parametrize("power", [0.0, 0.5, 0.75, 1.0])
def test_popular_negatives_follow_the_power_of_the_counts_and_skip_what_never_occurs(power):
    matrix = torch.zeros(30, 6, dtype=torch.bool)
    for item, count in enumerate([1, 3, 0, 9, 27, 30]):
        matrix[:count, item] = True
    negatives = PopularityNegatives(power=power, exclude_positives=False)
    negatives.prepare(of_matrix(matrix))
    drawn = negatives.draw(torch.arange(30), 2000, seeded_draws())
    counts = torch.bincount(drawn.flatten(), minlength=6)
    weights = torch.tensor([1.0, 3**power, 0.0, 9**power, 27**power, 30**power])
    # The 0.9999 quantile of chi-square with 4 degrees of freedom is 23.5.
    assert chi_square(counts, weights / weights.sum() * 60_000) < 23.5


def test_popular_negatives_of_a_user_who_has_all_that_is_popular_are_still_unseen():
    matrix = torch.zeros(50, 40, dtype=torch.bool)
    matrix[:, :5] = True
    matrix[0, 5:39] = True
    negatives = PopularityNegatives(power=1.0, exclude_positives=True)
    negatives.prepare(of_matrix(matrix))
    drawn = negatives.draw(torch.arange(50), 200, seeded_draws())
    assert not bool(matrix[torch.arange(50)[:, None], drawn].any())
    assert drawn[0].unique().tolist() == [39]


@pytest.mark.parametrize("sampler", [UniformNegatives, partial(PopularityNegatives, 0.75)])
@pytest.mark.parametrize("exclude", [True, False])
def test_one_seed_draws_the_same_and_another_does_not(sampler, exclude):
    negatives = sampler(exclude_positives=exclude)
    negatives.prepare(of_matrix(random_matrix(8, 50, 0.3, seed=2)))
    users = torch.arange(8)
    first, second, other = (negatives.draw(users, 20, seeded_draws(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_a_negative_power_is_refused():
    with pytest.raises(ValueError, match=r"power must not be negative, got -0\.1"):
        PopularityNegatives(power=-0.1, exclude_positives=True)


def test_a_model_that_trains_in_half_precision_draws_the_same_items():
    users = torch.arange(1, 23).repeat(50)
    unseen = UnseenItems(of_matrix(random_matrix(23, 17, 0.3, seed=4)))
    expected = unseen.draw(users, 3, seeded_draws())
    torch.set_default_dtype(torch.bfloat16)
    try:
        found = unseen.draw(users, 3, seeded_draws())
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(found, expected)


SAMPLERS = pytest.mark.parametrize(
    "sampler", [UniformNegatives, partial(PopularityNegatives, 1.0)], ids=["uniform", "popularity"]
)


@SAMPLERS
@pytest.mark.parametrize("exclude", [True, False])
def test_shares_are_those_of_what_is_drawn_for_each_user(sampler, exclude):
    matrix = random_matrix(3, 8, 0.5, seed=2)
    matrix[0, 1:] = True  # only one item, seldom popular, is left: draws again fall back on it
    negatives = sampler(exclude_positives=exclude)
    negatives.prepare(of_matrix(matrix))
    users, num_draws = torch.arange(3), 40_000
    drawn = negatives.draw(users, num_draws, seeded_draws())
    everything = torch.arange(8).expand(3, -1)
    shares = negatives.log_shares(everything, users).exp()
    shares = torch.where(matrix & exclude, 0.0, shares)
    torch.testing.assert_close(shares.sum(1), torch.ones(3))
    for user in range(3):
        counts = torch.bincount(drawn[user], minlength=8)
        # The 0.9999 quantile of chi-square with 7 degrees of freedom is 29.9.
        assert chi_square(counts, shares[user] * num_draws) < 29.9


@SAMPLERS
def test_shares_are_those_of_what_all_share_whatever_users_have_seen(sampler):
    negatives = sampler(exclude_positives=True)
    negatives.prepare(of_matrix(random_matrix(4, 9, 0.4, seed=1)))
    drawn = negatives.draw_shared(50, 800, seeded_draws())
    assert drawn.shape == (50, 800)
    shares = negatives.log_shares(torch.arange(9)).exp()
    counts = torch.bincount(drawn.flatten(), minlength=9)
    # The 0.9999 quantile of chi-square with 8 degrees of freedom is 31.8.
    assert chi_square(counts, shares * 40_000) < 31.8
