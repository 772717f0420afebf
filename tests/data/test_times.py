"""Times become numbers that say what was written."""

from datetime import datetime

import polars as pl
import pytest

from rankdistill.data.times import as_times


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("1970-01-01", 0),
        ("2000-02-29", 951_782_400),
        ("2024-01-31T12:00", 1_706_702_400),
        ("2024-01-31 12:00:01", 1_706_702_401),
        ("2024-01-31T12:00:01Z", 1_706_702_401),
        ("2024-01-31T12:00:01+0100", 1_706_698_801),
        ("2024-01-31T12:00:01-05:30", 1_706_722_201),
        ("1969-12-31", -86_400),
    ],
)
def test_dates_are_whole_seconds_since_1970(written, seconds):
    times = as_times(pl.Series([f" {written} "]))
    assert (times.dtype, times.to_list()) == (pl.Int64, [seconds])


def test_fractions_make_all_times_floats():
    times = as_times(pl.Series(["1970-01-01T00:00:01.5", "1970-01-01"]))
    assert (times.dtype, times.to_list()) == (pl.Float64, [1.5, 0.0])


@pytest.mark.parametrize("written", ["now", "2024-02-30", "2024-13-01", "1970-01-01T24:00", "17"])
def test_text_that_is_no_time_is_null(written):
    assert as_times(pl.Series([written])).to_list() == [None]


def test_whole_floats_are_integers_and_others_stay():
    assert as_times(pl.Series([1.0, 2e9])).to_list() == [1, 2_000_000_000]
    assert as_times(pl.Series([1.0, 2e9])).dtype == pl.Int64
    assert as_times(pl.Series([1.0, 1e20])).dtype == pl.Float64


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_date_times_of_any_unit_are_seconds(unit):
    values = pl.Series([datetime(1970, 1, 1, 0, 0, 1, 250_000)], dtype=pl.Datetime(unit))
    assert as_times(values).to_list() == [1.25]
