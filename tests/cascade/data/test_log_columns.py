import datetime

import polars as pl
import pytest

from rankdistill.cascade.data.log_columns import LogColumns


def columns(values, dtype=None):
    return LogColumns(pl.DataFrame({"a": pl.Series(values, dtype=dtype)}), "log")


def test_words_of_a_fixed_list_are_words():
    read = columns(["x", "y"], pl.Categorical)
    assert read.ids("a", "user").to_list() == ["x", "y"]
    assert read.feature("a").dtype == pl.String


def test_dates_are_seconds():
    days = [datetime.date(1970, 1, 2), datetime.date(1970, 1, 1)]
    assert columns(days).times("a").to_list() == [86_400, 0]


def test_0_and_1_are_flags_too():
    assert columns([0, 1]).flags("a").to_list() == [False, True]


def test_true_and_false_are_labels_and_features():
    shown = pl.Series([True, True])
    assert columns([True, False]).label("a", shown).to_list() == [1, 0]
    assert columns([True, False]).feature("a").to_list() == [1, 0]


def test_a_feature_without_any_value_is_a_number_that_is_missing():
    read = columns([None, None], pl.Null).feature("a")
    assert read.dtype == pl.Float32
    assert read.is_null().all()


def test_final_scores_are_there_of_all_tasks_or_of_none():
    frame = pl.DataFrame({"a": [0.1, None], "b": [0.2, 0.3]})
    with pytest.raises(ValueError, match="Row 2 of log has one of a and b: log both or neither"):
        LogColumns(frame, "log").final_scores(["a", "b"])


@pytest.mark.parametrize("values", [[datetime.timedelta(1)], [True]])
def test_what_cannot_be_a_time_is_refused(values):
    with pytest.raises(ValueError, match="times are numbers, dates or date-times"):
        columns(values).times("a")
