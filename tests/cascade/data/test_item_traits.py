import numpy as np

from rankdistill.cascade.data.item_traits import ItemTraits


def test_genres_are_flags_in_the_order_of_their_names_and_years_are_scaled():
    traits = ItemTraits.of(["war|drama", "drama", "comedy"], np.array([1990, 0, 1960]))
    assert traits.genres.tolist() == [[0, 1, 1], [0, 1, 0], [1, 0, 0]]  # comedy, drama, war
    assert traits.years.tolist() == [0.5, 0.0, -1.0]


def test_a_source_without_genres_has_one_column_of_zeros():
    assert ItemTraits.of(None, np.array([2000, 1980])).genres.tolist() == [[0], [0]]
