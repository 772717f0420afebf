"""Text and Parquet are read into one form, which tells where its rows stand."""

import logging

import polars as pl
import pytest

from rankdistill.data.read_table import read_table

GUESSED = {"user": None, "item": None}
RATED = {**GUESSED, "rating": "stars"}
COLUMNS = {
    "note": ["n", "m"],
    "item_id": ["x", "y"],
    "user_id": ["a", "b"],
    "stars": [1.5, 2.0],
}


def read(path, columns, separator=None, header=True):
    return read_table(path, separator, header, columns, max_gib=1.0)


@pytest.fixture(params=["text", "parquet"])
def table(request, tmp_path):
    path = tmp_path / f"a.{request.param}"
    frame = pl.DataFrame(COLUMNS)
    if request.param == "text":
        frame.write_csv(path)
    else:
        frame.write_parquet(path)
    return read(path, RATED)


def test_text_and_parquet_of_one_content_are_read_alike(table):
    assert table.frame.rows() == [("a", "x", 1.5), ("b", "y", 2.0)]
    assert table.frame.columns == ["user", "item", "rating"]
    assert table.names == ("note", "item_id", "user_id", "stars")
    assert [table.role(place) for place in range(4)] == [None, "item", "user", "rating"]
    assert table.name(3) == "stars"


def test_text_says_what_its_columns_look_like_and_parquet_what_they_are(table):
    of_parquet = ("string", "string", "string", "float64")
    of_text = ("text", "text", "text", "numbers")
    assert table.kinds == (of_parquet if table.text is None else of_text)


def test_the_columns_that_are_read_and_those_that_are_not_are_told(table, caplog):
    with caplog.at_level(logging.INFO):
        table.tell()
    (message,) = caplog.messages
    assert "columns user=user_id, item=item_id, rating=stars; not read: note." in message


def test_a_row_of_text_has_a_line_and_one_of_parquet_a_number(tmp_path):
    text, parquet = tmp_path / "a.csv", tmp_path / "a.parquet"
    text.write_text("user,item\n\na,x\n\nb,y\n")
    pl.DataFrame({"user": ["a", "b"], "item": ["x", "y"]}).write_parquet(parquet)
    assert [read(text, GUESSED).place(row) for row in (0, 1)] == ["Line 3", "Line 5"]
    assert [read(parquet, GUESSED).place(row) for row in (0, 1)] == ["Row 1", "Row 2"]


def test_columns_without_names_go_by_their_positions(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("a::x::5\nb::y::6\n")
    table = read(path, {"user": 0, "item": 1}, header=False)
    assert table.names is None
    assert table.name(2) == "2"
    assert table.separator == "::"
    assert table.kinds == ("text", "text", "integers")


def test_kinds_are_told_from_the_first_thousand_rows(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("user,item\n" + "".join(f"{n},{n}\n" for n in range(1000)) + "u,i\n")
    table = read(path, GUESSED)
    assert table.frame.height == 1001
    assert table.kinds == ("integers", "integers")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no file .*none\.csv"):
        read(tmp_path / "none.csv", GUESSED)
