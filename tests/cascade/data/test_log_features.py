import numpy as np
import polars as pl
import torch

from rankdistill.cascade.data.log_features import encode, feature_levels


def test_numbers_are_scaled_by_what_training_saw_and_cut_far_from_it():
    column = pl.DataFrame({"a": pl.Series([1.0, 3.0, 100.0, None], dtype=pl.Float32)})
    encoded = encode(column, np.array([1, 1, 0, 1]), rare=1)
    assert encoded.dense.dtype == torch.float32
    assert encoded.dense[:, 0].tolist() == [-1, 1, 5, 0]
    assert encoded.categories.shape == (4, 0)


def test_a_number_that_never_changes_says_nothing():
    column = pl.DataFrame({"a": pl.Series([2.0, 2.0], dtype=pl.Float32)})
    assert encode(column, np.array([1, 1]), rare=1).dense.tolist() == [[0], [0]]


def test_words_that_training_seldom_saw_count_as_unknown():
    words = pl.DataFrame({"a": ["x", "y", "x", "z", None, "z"]})
    encoded = encode(words, np.array([1, 1, 1, 1, 1, 0]), rare=2)
    assert encoded.categories[:, 0].tolist() == [1, 0, 1, 0, 0, 0]
    assert encoded.sizes == (2,)


def test_the_rows_that_training_saw_often_count_that_often():
    encoded = encode(pl.DataFrame({"a": [5, 6]}), np.array([3, 1]), rare=2)
    assert encoded.categories[:, 0].tolist() == [1, 0]


def test_features_belong_to_what_they_do_not_change_within():
    frame = pl.DataFrame(
        {
            "request": [0, 0, 1, 1],
            "candidate": [0, 1, 0, 1],
            "feature:age": [40, 40, None, None],
            "feature:topic": ["a", None, "a", None],
            "feature:distance": [1, 2, 3, 4],
            "feature:always": [1, 1, 1, 1],
        }
    )
    levels = feature_levels(frame, ("age", "topic", "distance", "always"))
    assert levels.of_requests == ("age", "always")
    assert levels.of_candidates == ("topic",)
    assert levels.of_neither == ("distance",)
