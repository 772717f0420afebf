"""Times become numbers that say what was written."""

from datetime import datetime

import polars as pl
import pytest
import torch
from tests.data.made_sources import load

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


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["5.9", "7"], [5.9, 7.0]),
        (["1700000000.1", "1700000000.2"], [1700000000.1, 1700000000.2]),
        (["0.25", "0.75"], [0.25, 0.75]),
        (["-3", "4"], [-3, 4]),
        (["7.0", "8.0"], [7, 8]),
        (["1e3", "2e3"], [1000, 2000]),
        (["1700000000123456789", "1700000000123456790"], [1700000000123456789 + n for n in (0, 1)]),
        (["1970-01-02", "1970-01-03"], [86_400, 172_800]),
        (["1970-01-01 00:01", "1970-01-01T00:02"], [60, 120]),
        (["1970-01-01T00:00:05Z", "1970-01-01 00:00:06 UTC"], [5, 6]),
        (["1970-01-01T01:00:00+01:00", "1970-01-01T01:00:00-01:00"], [0, 7200]),
        (["1970-01-01T00:00:00.25", "1970-01-01T00:00:00.5"], [0.25, 0.5]),
        (["1969-12-31T23:59:59.5", "1970-01-01"], [-0.5, 0.0]),
    ],
)
def test_times_are_taken_as_they_are_written(tmp_path, written, read):
    text = "u,i,t\n" + "".join(f"a,{item},{time}\n" for item, time in enumerate(written))
    times = load(tmp_path, text, timestamp_column="t").timestamps
    assert times.tolist() == read
    assert times.dtype == (torch.float64 if isinstance(read[0], float) else torch.int64)


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("1e20", "'1e20', which is out of range"),
        ("9223372036854775808", "out of range"),
        ("-1e19", "out of range"),
        ("1e400", "out of range"),
        ("inf", "'inf', which is not a number or a date"),
        ("nan", "'nan', which is not a number or a date"),
        ("yesterday", "not a number or a date such as 2024-01-31"),
        ("31/01/2024", "not a number or a date"),
        ("2024-1-31", "not a number or a date"),
        ("2024-02-30", "a day or a time of day that does not exist"),
        ("2024-01-31T25:00:00", "a day or a time of day that does not exist"),
        ("2024-01-31", "a date among numbers"),
    ],
)
def test_a_time_that_cannot_be_one_is_told_with_its_line(tmp_path, written, fault):
    with pytest.raises(ValueError, match=f"Line 3 of .*pairs.tsv has the timestamp .*{fault}"):
        load(tmp_path, f"u,i,t\na,x,5\na,y,{written}\n", timestamp_column="t")


def test_a_number_among_dates_is_told_with_its_line(tmp_path):
    with pytest.raises(ValueError, match=r"Line 3 of .* has the timestamp '17', a number among"):
        load(tmp_path, "u,i,t\na,x,2024-01-31\na,y,17\n", timestamp_column="t")


def test_a_nanosecond_timestamp_keeps_every_digit(tmp_path):
    text = "u\ti\tt\na\tx\t1700000000123456789\n"
    assert load(tmp_path, text, timestamp_column=2).timestamps.tolist() == [1700000000123456789]
