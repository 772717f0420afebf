"""Parquet is read as text is, and its faults are told with their row."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
import torch
from tests.data.made_sources import delimited


def load(tmp_path, columns, **options):
    path = tmp_path / "orders.parquet"
    pl.DataFrame(columns).write_parquet(path)
    return delimited(path=path, **options).load()


@pytest.mark.parametrize(
    ("users", "names"),
    [
        ([1, 2, 10], ["1", "2", "10"]),
        ([1.0, 2.0, 10.0], ["1", "2", "10"]),
        (["a", "b", " c "], ["a", "b", "c"]),
        ([1.5, 2.0, 3.0], ["1.5", "2.0", "3.0"]),
    ],
)
def test_users_of_any_type_are_named_as_text_would_name_them(tmp_path, users, names):
    interactions = load(tmp_path, {"item_id": ["x", "y", "z"], "user_id": users})
    assert list(interactions.labels.users) == names
    assert list(interactions.labels.items) == ["x", "y", "z"]


@pytest.mark.parametrize(
    ("times", "read"),
    [
        ([3, 4], [3, 4]),
        ([0.5, 0.75], [0.5, 0.75]),
        ([date(1970, 1, 2), date(1970, 1, 3)], [86_400, 172_800]),
        ([datetime(1970, 1, 1, 0, 1), datetime(1970, 1, 1, 0, 2)], [60, 120]),
        ([datetime(1970, 1, 1, 0, 0, 0, 500_000), datetime(1970, 1, 1)], [0.5, 0]),
        ([datetime(1970, 1, 1, 0, 1, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC)], [60, 86_400]),
        (["1970-01-02", "1970-01-01T00:00:05"], [86_400, 5]),
    ],
)
def test_times_of_any_type_become_numbers(tmp_path, times, read):
    columns = {"user": ["a", "a"], "item": ["x", "y"], "t": times}
    assert load(tmp_path, columns, timestamp_column="t").timestamps.tolist() == read


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"user": ["a", None], "item": ["x", "y"]}, {}, "Row 2 of .* has no user"),
        ({"user": ["a", " "], "item": ["x", "y"]}, {}, "Row 2 of .* has the user ' '"),
        ({"user": ["a", "NULL"], "item": ["x", "y"]}, {}, "Row 2 of .* has the user NULL"),
        (
            {"user": ["a", "b"], "item": ["x", "y"], "t": [1.0, float("nan")]},
            {"timestamp_column": "t"},
            "Row 2 of .* has the timestamp nan",
        ),
        (
            {"user": ["a", "b"], "item": ["x", "y"], "t": ["1970-01-02", "soon"]},
            {"timestamp_column": "t"},
            "Row 2 of .* has the timestamp 'soon'",
        ),
        (
            {"user": ["a", "b"], "item": ["x", "y"], "r": ["4", "good"]},
            {"rating_column": "r"},
            "Row 2 of .* has the rating 'good'",
        ),
        ({"user": ["a"], "item": [["x", "y"]]}, {}, "a row for each user and item is expected"),
        ({"user": ["a"], "item": ["x"]}, {"user_column": "who"}, "no column 'who'"),
        ({"user": [], "item": []}, {}, "holds no rows"),
    ],
)
def test_a_fault_is_told_with_its_row(tmp_path, columns, options, message):
    with pytest.raises(ValueError, match=message) as caught:
        load(tmp_path, columns, **options)
    assert "\n" not in str(caught.value)


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "orders.parquet"
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(ValueError, match="damaged Parquet file"):
        delimited(path=path).load()


def test_a_few_bytes_that_hold_very_many_rows_are_refused_before_they_are_unpacked(tmp_path):
    rows = 4_000_000
    users, items = (pl.repeat("a", rows, eager=True) for _ in range(2))
    path = tmp_path / "orders.parquet"
    pl.DataFrame({"user_id": users, "item_id": items}).write_parquet(path)
    assert path.stat().st_size < 100_000
    with pytest.raises(ValueError, match=r"holds 4,000,000 rows, more than data\.max_gib=0\.1 GiB"):
        delimited(path=path, max_gib=0.1).load()


@pytest.mark.parametrize(
    ("weights", "read"),
    [
        ([2, 3], [2, 3]),
        ([0.5, 1e-3], [0.5, 0.001]),
        (["2", "3.5"], [2, 3.5]),
        ([Decimal("2.5"), Decimal("1.0")], [2.5, 1]),
    ],
)
def test_weights_of_any_type_become_numbers(tmp_path, weights, read):
    columns = {"user": ["a", "a"], "item": ["x", "y"], "n": weights}
    found = load(tmp_path, columns, weight_column="n").weights
    torch.testing.assert_close(found, torch.tensor(read, dtype=torch.float32))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 0], "Row 2 of .* has the weight 0, which is not positive: delete such rows"),
        ([1.5, -2.0], r"Row 2 of .* has the weight -2\.0, which is not positive"),
        ([1.0, float("nan")], "Row 2 of .* has the weight nan, which cannot be read as one"),
        ([1.0, 1e13], "Row 2 of .* has the weight 1.*, which cannot be read as one"),
        ([1, None], "Row 2 of .* has no weight"),
        (["1", "many"], "Row 2 of .* has the weight 'many', which cannot be read as one"),
    ],
)
def test_weights_that_are_none_are_told_with_their_row(tmp_path, weights, message):
    columns = {"user": ["a", "a"], "item": ["x", "y"], "n": weights}
    with pytest.raises(ValueError, match=message):
        load(tmp_path, columns, weight_column="n")
