import re

import polars as pl
import pytest
from tests.cascade.made_logs import read, reader, small_log


def test_a_log_is_sorted_by_time_and_its_columns_are_told_apart(tmp_path):
    table = read(small_log(), tmp_path)
    frame = table.frame
    assert table.tasks == ("click",)
    assert table.has_scores
    assert table.features == ("age", "topic", "distance")
    assert frame["request"].to_list() == [0, 0, 0, 1, 1, 2, 2]
    assert frame["candidate"].to_list() == [0, 1, 2, 2, 0, 0, 1]
    assert frame["label:click"].to_list() == [1, 0, 0, 1, 0, 0, 1]
    assert frame["final:click"].is_null().to_list() == [False, False, True, *[False] * 4]
    assert frame["feature:distance"].to_list() == [3, 4, 5, 6, 7, 1, 2]
    assert frame["shown"].all()


def test_without_times_the_order_of_the_file_is_that_of_time(tmp_path):
    table = read(small_log().drop("time"), tmp_path)
    assert table.frame["feature:distance"].to_list() == [1, 2, 3, 4, 5, 6, 7]


def test_columns_of_other_names_are_read_where_they_are_named(tmp_path):
    renamed = small_log().rename({"request": "session", "time": "at", "candidate": "ad"})
    named = {"request_column": "session", "time_column": "at", "candidate_column": "ad"}
    assert read(renamed, tmp_path, **named).frame.equals(read(small_log(), tmp_path).frame)


def test_a_feature_may_have_the_name_of_a_role_that_another_column_has(tmp_path):
    frame = small_log().rename({"user": "person"}).with_columns(pl.col("age").alias("user"))
    table = read(frame, tmp_path, user_column="person")
    assert "user" in table.features


def test_choices_take_the_place_of_final_scores(tmp_path):
    chosen = small_log().drop("final_click").with_columns(chosen=pl.col("distance") > 3)
    table = read(chosen, tmp_path)
    assert not table.has_scores
    assert table.frame["chosen"].to_list() == [False, True, True, True, True, False, False]
    assert "chosen" not in table.features


def test_columns_that_are_left_out_are_no_features(tmp_path):
    assert read(small_log(), tmp_path, left_out=["age"]).features == ("topic", "distance")


def test_labels_of_what_nobody_saw_may_be_missing(tmp_path):
    label = pl.when(pl.col("distance") > 2).then(pl.col("label_click"))
    frame = small_log().with_columns(label, shown=pl.col("distance") > 2)
    assert read(frame, tmp_path).frame["shown"].to_list() == [*[True] * 5, False, False]


SECOND = pl.int_range(pl.len()) == 1
FAULTS = {
    "no request column": (lambda f: f.rename({"request": "requests"}), "data.request_column=..."),
    "a near name": (lambda f: f.rename({"user": "users"}), "did you mean 'users'"),
    "no label": (lambda f: f.drop("label_click"), "no column begins with 'label_'"),
    "no final": (lambda f: f.drop("final_click"), "has neither final scores (final_click) nor"),
    "a final score of no label": (
        lambda f: f.rename({"final_click": "final_clck"}),
        "final_clck of .* did you mean 'final_click'",
    ),
    "one final score of two": (
        lambda f: f.with_columns(label_buy=0),
        "has final_click and no final_buy",
    ),
    "no rows": (lambda f: f.head(0), "holds no rows"),
    "a missing label": (
        lambda f: f.with_columns(label_click=pl.when(~SECOND).then("label_click")),
        "Row 2 .* has no label_click, and a user saw the candidate",
    ),
    "a label above 1": (
        lambda f: f.with_columns(label_click=pl.col("distance")),
        r"Row 2 .* has the label_click 2.0, outside \[0, 1\]",
    ),
    "a score above 1": (
        lambda f: f.with_columns(final_click=pl.lit(1.5)),
        r"Row 1 .* has the final_click 1.5, outside \[0, 1\]: log probabilities",
    ),
    "a score that is no number": (
        lambda f: f.with_columns(final_click=pl.lit(float("nan"))),
        r"Row 1 .* has the final_click nan, outside",
    ),
    "no score at all": (
        lambda f: f.with_columns(final_click=pl.lit(None)),
        "No row of .* has a final score",
    ),
    "nothing chosen": (
        lambda f: f.drop("final_click").with_columns(chosen=False),
        "No row of .* was chosen",
    ),
    "a candidate twice": (
        lambda f: pl.concat([f, f.tail(1)]),
        "Rows 7 and 8 .* both hold the candidate 'x' of the request 'b'",
    ),
    "one candidate": (
        lambda f: f.head(6),
        r"request 'b' of .* has one candidate.* delete such requests \(1 of 3\)",
    ),
    "two users": (
        lambda f: f.with_columns(user=pl.col("distance").cast(pl.Int64)),
        "request 'c' of .* has 2 users",
    ),
    "two times": (
        lambda f: f.with_columns(time=pl.col("distance")),
        "request 'c' of .* has 2 times",
    ),
    "no candidate": (
        lambda f: f.with_columns(candidate=pl.when(~SECOND).then("candidate")),
        "Row 2 .* has no candidate: delete such rows",
    ),
    "an empty request": (
        lambda f: f.with_columns(request=pl.when(SECOND).then(pl.lit(" ")).otherwise("request")),
        "Row 2 .* has no request: delete such rows",
    ),
    "ids that are fractions": (
        lambda f: f.with_columns(user=pl.col("distance") / 2),
        "The column user of .* holds Float64: ids are whole numbers or words",
    ),
    "times that are none": (
        lambda f: f.with_columns(time=pl.lit("yesterday")),
        "Row 1 .* has the time 'yesterday', which is no time",
    ),
    "flags that are numbers": (
        lambda f: f.with_columns(shown=pl.col("distance").cast(pl.Int64)),
        "Row 2 .* has the shown 2, not true or false",
    ),
    "flags that are missing": (
        lambda f: f.with_columns(shown=pl.when(~SECOND).then(pl.lit(True))),
        "Row 2 .* has no shown: delete such rows",
    ),
    "a feature without end": (
        lambda f: f.with_columns(distance=pl.lit(float("inf"))),
        "Row 1 .* has the distance inf, not a finite number",
    ),
    "a feature of another kind": (
        lambda f: f.with_columns(words=pl.concat_list("topic", "topic")),
        r"The column words of .* holds List\(String\).* data.left_out=\[words\]",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_log_that_cannot_be_right_is_refused_in_one_line(fault, tmp_path):
    spoil, message = FAULTS[fault]
    message = message if ".*" in message else re.escape(message)
    with pytest.raises(ValueError, match=message) as raised:
        read(spoil(small_log()), tmp_path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"left_out": ["agee"]}, "data.left_out names 'agee', .*did you mean 'age'"),
        ({"value": {"clik": 1.0}}, "data.value.clik is no label; did you mean 'click'"),
        ({"value": {"click": 0.0}}, "data.value must weigh a label"),
        ({"time_column": "tme"}, "has no column 'tme'; did you mean 'time'"),
        ({"max_gib": 1e-9}, "more than data.max_gib"),
    ],
)
def test_settings_that_do_not_fit_the_log_are_refused(changed, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        read(small_log(), tmp_path, **changed)


def test_what_is_no_parquet_file_is_refused_and_so_is_what_is_not_there(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("request,user\n1,2\n")
    with pytest.raises(ValueError, match="is no Parquet file, or damaged"):
        reader(path).load()
    with pytest.raises(FileNotFoundError, match=r"data.path=\.\.\. names another"):
        reader(tmp_path / "lgo.parquet").load()
