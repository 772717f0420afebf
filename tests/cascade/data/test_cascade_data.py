import pytest
from tests.cascade.made_ratings import cascade_data, random_rows


def test_the_fingerprint_changes_with_ratings_pages_and_drawn_impressions():
    rows = random_rows()
    user, item, stars, second = rows[0]
    other = [(user, item, 6 - stars if stars != 3 else 4, second), *rows[1:]]
    known = {
        cascade_data(rows).fingerprint,
        cascade_data(other).fingerprint,
        cascade_data(rows, page=3).fingerprint,
        cascade_data(rows, seed=1).fingerprint,
    }
    assert len(known) == 4
    assert cascade_data(rows).fingerprint in known


def test_examples_are_the_impressions_of_their_part_with_features():
    data = cascade_data()
    for name, examples in data.examples.items():
        shown = data.shown[name]
        assert len(examples) == len(shown)
        assert list(data.pair_columns(name)) == [
            "log_ratings_before",
            "mean_rating_before",
            "log_ratings_last_month",
            "year",
            "distance_from_users_years",
            "genres_of_history",
            "genres_liked",
            "genres_of_recent_history",
        ]


def test_a_part_without_requests_is_refused_in_words():
    rows = [(0, 0, 3.0, 0), (0, 1, 3.0, 0), (1, 2, 4.0, 0)]
    with pytest.raises(ValueError, match="use more data"):
        cascade_data(rows)
