import json

import polars as pl
import pytest

from rankdistill.data.list_rows import list_files, read_list_rows

COLUMNS = {"user": None, "item": None, "score": "score"}
WHOLE = pl.DataFrame(
    {"user": ["a", "b", "c"], "items": [["x", "y"], [], ["z"]], "scores": [[2.0, 1.0], [], [0.5]]}
)


def read(path, max_gib=1.0, **columns):
    return read_list_rows(path, {**COLUMNS, **columns}, max_gib)


def written(tmp_path, text, name="lists.csv"):
    (tmp_path / name).write_text(text)
    return tmp_path / name


def test_rows_are_read_from_text_and_from_parquet_alike(tmp_path):
    text = written(tmp_path, "item,score,user\nx,0.5,1\ny,-2,1\n")
    frame = pl.read_csv(text)
    frame.write_parquet(tmp_path / "lists.parquet")
    for path in (text, tmp_path / "lists.parquet"):
        found = read(path).frame
        assert found.to_dict(as_series=False) == {
            "user": ["1", "1"],
            "item": ["x", "y"],
            "score": [0.5, -2.0],
        }
        assert found["score"].dtype == pl.Float32


def test_a_file_with_a_list_for_each_user_is_read_row_by_row(tmp_path):
    WHOLE.write_parquet(tmp_path / "whole.parquet")
    rows = read(tmp_path / "whole.parquet")
    assert rows.frame.rows() == [("a", "x", 2.0), ("a", "y", 1.0), ("c", "z", 0.5)]
    assert [rows.place(row) for row in range(3)] == ["Row 1", "Row 1", "Row 3"]


def test_lists_of_each_user_may_have_a_confidence(tmp_path):
    WHOLE.with_columns(trust=pl.Series([1, 2, 3])).write_parquet(tmp_path / "whole.parquet")
    found = read(tmp_path / "whole.parquet", confidence="trust").frame
    assert found["confidence"].to_list() == [1, 1, 3]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (WHOLE.drop("scores"), "no column 'scores'"),
        (WHOLE.with_columns(scores=pl.lit([1.0])), "Row 1 of .* has more items than scores"),
        (
            WHOLE.with_columns(scores=pl.Series([[1.0, float("nan")], [], [1.0]])),
            "Row 1 .* the score nan",
        ),
        (WHOLE.with_columns(scores=pl.Series([[1.0, 2.0], [], [1e15]])), "Row 3 .* the score"),
        (WHOLE.with_columns(items=pl.Series([["x", None], [], ["z"]])), "Row 1 .* the item None"),
        (WHOLE.with_columns(user=pl.Series(["a", "b", None])), "Row 3 .* the user None"),
    ],
)
def test_lists_with_a_fault_are_refused_with_its_row(frame, message, tmp_path):
    frame.write_parquet(tmp_path / "whole.parquet")
    with pytest.raises(ValueError, match=message):
        read(tmp_path / "whole.parquet")


@pytest.mark.parametrize(
    ("score", "message"),
    [("much", "which is not a number"), ("nan", "not a number"), ("1e15", "out of range")],
)
def test_a_score_that_is_no_number_is_refused_with_its_line(score, message, tmp_path):
    path = written(tmp_path, f"user,item,score\n1,x,0.5\n1,y,{score}\n")
    with pytest.raises(ValueError, match=f"Line 3 of .* has the score .*{message}"):
        read(path)
    frame = pl.DataFrame({"user": [1, 1], "item": ["x", "y"], "score": ["0.5", score]})
    frame.write_parquet(tmp_path / "lists.parquet")
    with pytest.raises(ValueError, match=r"Row 2 of .* has the score"):
        read(tmp_path / "lists.parquet")


def test_a_negative_confidence_is_refused_with_its_line(tmp_path):
    path = written(tmp_path, "user,item,score,trust\n1,x,1,0\n1,y,1,-1\n")
    with pytest.raises(
        ValueError, match=r"Line 3 of .* has the confidence '-1', which is negative"
    ):
        read(path, confidence="trust")
    pl.read_csv(path).write_parquet(tmp_path / "lists.parquet")
    with pytest.raises(ValueError, match=r"Row 2 of .* has the confidence -1"):
        read(tmp_path / "lists.parquet", confidence="trust")


def test_a_missing_column_is_named_with_its_setting_and_those_that_are_there(tmp_path):
    path = written(tmp_path, "user,item,logit\n1,x,0.5\n")
    with pytest.raises(ValueError, match=r"no column 'score' \(score_column\).*user, item, logit"):
        read(path)
    assert read(path, score="logit").frame["score"].to_list() == [0.5]


def test_lists_for_places_are_read_where_their_column_is_named(tmp_path):
    path = written(tmp_path, "user,end,item,score\n1,3,x,0.5\n")
    pl.read_csv(path).write_parquet(tmp_path / "rows.parquet")
    WHOLE.with_columns(end=pl.Series([1, 2, 3])).write_parquet(tmp_path / "whole.parquet")
    ends = {path: [3], tmp_path / "rows.parquet": [3], tmp_path / "whole.parquet": [1, 1, 3]}
    for file, expected in ends.items():
        assert read(file, end="end").frame["end"].to_list() == expected
        with pytest.raises(ValueError, match=r"type teacher\.end_column=end where a list is for"):
            read(file)


@pytest.mark.parametrize(
    ("end", "message"),
    [("1.5", "not a whole number"), ("-1", "negative"), ("1e9", "out of range"), ("x", "no.* num")],
)
def test_a_place_that_is_no_whole_number_is_refused_with_its_line(end, message, tmp_path):
    path = written(tmp_path, f"user,end,item,score\n1,3,x,0.5\n1,{end},x,0.5\n")
    with pytest.raises(ValueError, match=f"Line 3 of .* has the end .*{message}"):
        read(path, end="end")
    frame = {"user": [1, 1], "end": ["3", end], "item": ["x", "y"], "score": [0.5, 0.5]}
    pl.DataFrame(frame).write_parquet(tmp_path / "lists.parquet")
    with pytest.raises(ValueError, match=r"Row 2 of .* has the end"):
        read(tmp_path / "lists.parquet", end="end")


def test_a_list_of_a_place_that_is_no_whole_number_is_refused_with_its_row(tmp_path):
    WHOLE.with_columns(end=pl.Series([1.0, 2.0, 2.5])).write_parquet(tmp_path / "whole.parquet")
    with pytest.raises(ValueError, match=r"Row 3 .* has the end 2\.5"):
        read(tmp_path / "whole.parquet", end="end")


def test_a_file_that_is_too_large_is_refused_with_the_setting_to_raise(tmp_path):
    WHOLE.write_parquet(tmp_path / "whole.parquet")
    with pytest.raises(ValueError, match=r"more than teacher\.max_gib="):
        read(tmp_path / "whole.parquet", max_gib=1e-8)
    with pytest.raises(ValueError, match=r"more than teacher\.max_gib="):
        read(written(tmp_path, "user,item,score\n1,x,0.5\n"), max_gib=1e-8)


def folder_of_scores(tmp_path, num_users):
    for number in range(2):
        WHOLE.with_columns(pl.col("user") + str(number)).write_parquet(
            tmp_path / f"part-0000{number}.parquet"
        )
    WHOLE.write_parquet(tmp_path / "_left_over.parquet")
    told = {"users": num_users, "users_per_file": 3}
    (tmp_path / "scores.json").write_text(json.dumps(told))
    return tmp_path


def test_a_folder_of_files_is_read_in_their_order(tmp_path):
    rows = read(folder_of_scores(tmp_path, 6))
    assert rows.frame["user"].to_list() == ["a0", "a0", "c0", "a1", "a1", "c1"]
    assert rows.place(4) == f"Row 1 of {tmp_path / 'part-00001.parquet'}"
    assert [path.name for path in list_files(tmp_path)] == [
        "part-00000.parquet",
        "part-00001.parquet",
    ]


def test_a_folder_that_is_not_finished_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds 2 of 3 files: let score write the others first"):
        read(folder_of_scores(tmp_path, 7))


def test_a_folder_without_lists_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"teacher\.path=\.\.\. names a file"):
        read(tmp_path)
