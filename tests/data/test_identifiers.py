"""Ids are consecutive and keep the order of what they stand for."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankdistill.data.identifiers import encode_integers, encode_strings


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.integers(-(2**40), 2**40), min_size=1))
def test_integers_and_their_spellings_get_the_same_codes(values):
    codes, distinct = encode_integers(np.array(values))
    assert distinct.tolist() == sorted(set(values))
    assert distinct[codes].tolist() == values
    spelt_codes, spelt = encode_strings(pl.Series([str(value) for value in values]))
    assert spelt_codes.tolist() == codes.tolist()
    assert spelt.tolist() == [str(value) for value in sorted(set(values))]


@pytest.mark.parametrize("gap", [1, 10**7])  # through a table of all between, and by sorting
def test_integers_far_apart_and_close_together_are_numbered_alike(gap):
    codes, distinct = encode_integers(np.array([5 * gap, -2 * gap, 5 * gap, 0]))
    assert codes.tolist() == [2, 0, 2, 1]
    assert distinct.tolist() == [-2 * gap, 0, 5 * gap]
    assert codes.dtype == np.int64


def test_one_word_among_numbers_puts_all_in_the_order_of_text():
    codes, distinct = encode_strings(pl.Series(["10", "9", "x", "9"]))
    assert distinct.tolist() == ["10", "9", "x"]
    assert codes.tolist() == [0, 1, 2, 1]


def test_a_number_spelt_in_two_ways_is_two_strings_and_spaces_around_it_are_none():
    codes, distinct = encode_strings(pl.Series(["7", " 07", "7 ", "10"]))
    assert distinct.tolist() == ["07", "7", "10"]
    assert codes.tolist() == [1, 0, 1, 2]


def test_numbers_of_more_than_64_bits_are_text():
    long = str(2**64)
    assert encode_strings(pl.Series(["9", long]))[1].tolist() == [long, "9"]
