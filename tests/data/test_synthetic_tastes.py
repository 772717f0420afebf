"""Items are drawn without replacement by popularity and taste, as their law says."""

import numpy as np
import pytest

from rankdistill.data.synthetic_tastes import Tastes, draw_items


@pytest.mark.slow
def test_the_draws_follow_their_law_on_both_ways():
    """One taste, many times over, against probabilities worked out item by item.

    Up to 3 of 24 items are drawn by rejection, more over the whole catalogue.
    """
    generator = np.random.Generator(np.random.SFC64(0))
    repeats, num_items = 20_000, 24
    item_factors = generator.standard_normal((num_items, 3), dtype=np.float32)
    taste = np.array([[0.6, 0.0, 0.8]], dtype=np.float32)
    tastes = Tastes(taste.repeat(repeats, axis=0), item_factors, exponent=0.8, temperature=0.5)
    edges = np.arange(1, num_items + 2) ** 0.2
    weights = np.diff(edges) / (1 + np.exp((1 - item_factors @ taste[0]) / 0.5))
    first = weights / weights.sum()
    both = first + np.array(
        [
            sum(first[j] * first[i] / (1 - first[j]) for j in range(num_items) if j != i)
            for i in range(num_items)
        ]
    )
    for number, expected in ((1, first), (2, both), (4, None)):
        counts = np.full(repeats, number)
        items = draw_items(tastes, counts, generator).reshape(repeats, number)
        assert bool((np.diff(items, axis=1) > 0).all())
        if expected is not None:
            found = np.bincount(items.ravel(), minlength=num_items) / repeats
            spread = np.sqrt(expected * (1 - expected) / repeats)
            assert np.abs(found - expected).max() < 5 * spread.max()
        else:  # against four draws one after the other
            slow = [
                generator.choice(num_items, number, replace=False, p=first) for _ in range(repeats)
            ]
            found, expected = (
                np.bincount(np.ravel(draws), minlength=num_items) / repeats
                for draws in (items, slow)
            )
            assert np.abs(found - expected).max() < 0.03


def even_tastes(num_users, num_items, exponent=0.8):
    """Users who match every item alike."""
    return Tastes(
        np.tile(np.array([[1.0, 0.0]], dtype=np.float32), (num_users, 1)),
        np.zeros((num_items, 2), dtype=np.float32),
        exponent,
        temperature=1.0,
    )


@pytest.mark.parametrize("exponent", [0.0, 0.8, 1.0, 1.5])
def test_popular_items_are_drawn_with_the_popularity_that_is_stated(exponent):
    tastes = even_tastes(1, 8, exponent)
    number = 200_000
    items = tastes.popular_items(number, np.random.Generator(np.random.SFC64(0)))
    found = np.bincount(items, minlength=8) / number
    weights = np.exp(tastes.log_popularity().astype(np.float64))
    expected = weights / weights.sum()
    assert np.abs(found - expected).max() < 5 * np.sqrt(0.25 / number)
    assert (np.diff(expected) < 1e-6).all()  # the most popular first


def test_popularity_of_exponent_one_matches_values_worked_by_hand():
    logarithms = even_tastes(1, 3, exponent=1.0).log_popularity()
    expected = np.log([np.log(2), np.log(3 / 2), np.log(4 / 3)])
    np.testing.assert_allclose(logarithms, expected, rtol=1e-6)


def test_eagerness_is_a_half_at_a_match_of_one_and_falls_without_overflow():
    eagerness = np.exp(even_tastes(1, 3).log_eagerness(np.array([1.0, 0.0, -1e30])))
    np.testing.assert_allclose(eagerness, [0.5, 1 / (1 + np.e), 0.0], rtol=1e-6)


def test_a_match_is_the_product_of_the_factors_of_its_pair():
    users = np.array([[1, 0], [0.6, 0.8]], dtype=np.float32)
    items = np.array([[2, 1], [0, -1], [5, 5]], dtype=np.float32)
    tastes = Tastes(users, items, exponent=1.0, temperature=1.0)
    found = tastes.match(np.array([0, 1, 1]), np.array([0, 0, 1]))
    np.testing.assert_allclose(found, [2.0, 2.0, -0.8], rtol=1e-6)


def test_each_user_gets_the_number_asked_for_up_to_the_whole_catalogue():
    counts = np.array([0, 3, 40, 1, 20])
    tastes = even_tastes(len(counts), 40)
    items = draw_items(tastes, counts, np.random.Generator(np.random.SFC64(0)))
    of_users = np.split(items, np.cumsum(counts)[:-1])
    assert [len(set(of_user.tolist())) for of_user in of_users] == counts.tolist()
    assert of_users[2].tolist() == list(range(40))
