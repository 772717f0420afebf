"""Text is made ready and parsed in one form, whatever its separator."""

import polars as pl
import pytest

from rankdistill.data.text_table import parse_table, prepare_table

PAIRS = {"user": 0, "item": 1}
FULL = {**PAIRS, "rating": 2, "timestamp": 3}


def prepared(text, separator=",", header=False, columns=PAIRS, **options):
    data = text if isinstance(text, bytes) else text.encode()
    return prepare_table(data, "a.csv", separator, header, columns, **options)


def rows(table, **options):
    return parse_table(table, **options).rows()


@pytest.mark.parametrize("separator", [",", "\t", "::", "§", " - "])
def test_any_separator_gives_the_same_rows(separator):
    lines = [("u", "x", "4.5", "7"), ("v", "y", "3", "8")]
    text = "".join(separator.join(line) + "\n" for line in lines)
    table = prepared(text, separator, columns=FULL)
    assert len(table.separator.encode()) == 1
    assert rows(table) == [("u", "x", 4.5, 7), ("v", "y", 3.0, 8)]


def test_a_character_of_the_text_is_never_taken_for_the_separator():
    text = "a\x1fb::x\x1ec\n"
    table = prepared(text, "::")
    assert table.separator not in {"\x1f", "\x1e"}
    assert rows(table) == [("a\x1fb", "x\x1ec")]


def test_blank_lines_are_skipped_and_the_first_line_keeps_its_number():
    table = prepared("\n \na,x\n\n\nb,y\n", first_line=5)
    assert table.first_line == 7
    assert table.first_row == ("a", "x")
    assert rows(table) == [("a", "x"), ("b", "y")]


def test_columns_come_in_the_order_they_are_wanted_in_and_with_their_types():
    columns = {"user": "who", "item": "what", "rating": "stars", "timestamp": "when"}
    table = prepared("when,note,stars,what,who\n5,n,2,x,a\n", header=True, columns=columns)
    frame = parse_table(table)
    assert frame.rows() == [("a", "x", 2.0, 5)]
    assert frame.schema == {
        "user": pl.String,
        "item": pl.String,
        "rating": pl.Float32,
        "timestamp": pl.Int64,
    }


@pytest.mark.parametrize(
    ("written", "read", "kind"),
    [("7", 7, pl.Int64), ("7.5", 7.5, pl.Float64), ("1970-01-02", 86_400, pl.Int64)],
)
def test_times_are_whole_numbers_where_they_can_be(written, read, kind):
    frame = parse_table(prepared(f"a,x,1,{written}\n", columns=FULL))
    assert frame["timestamp"].to_list() == [read]
    assert frame["timestamp"].dtype == kind


def test_integer_ids_are_asked_for_and_any_other_is_named_with_its_line():
    assert rows(prepared("7,1\n8,2\n"), id_type=pl.Int64) == [(7, 1), (8, 2)]
    with pytest.raises(ValueError, match=r"^Line 2 of a\.csv has the user 'u', .*not an integer"):
        parse_table(prepared("7,1\nu,2\n"), id_type=pl.Int64)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", {}, r"^a\.csv is empty\.$"),
        (" \n\n", {}, r"^a\.csv is empty\.$"),
        ("a,x\n", {"separator": ""}, "separator must not be empty"),
        (b"\n\xe9,x\n", {}, r"^Line 2 of a\.csv is not UTF-8 text"),
        ("1,2\n3,4\n", {"header": True}, r"^Line 1 of a\.csv reads 1, 2: data.*header=false"),
    ],
)
def test_text_that_is_no_table_is_refused_before_it_is_parsed(text, options, message):
    with pytest.raises(ValueError, match=message):
        prepared(text, **options)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("u,i\n", "holds no rows below its header"),
        ("u,i\na,x\nb\n", "^Line 3 of .* has 1 field where 2 are expected"),
        ("u,i\na,x\nb,y,z\n", "^Line 3 of .* has 3 fields where 2 are expected"),
        ("u,i\na,x\n ,y\n", "^Line 3 of .* has no user: the field is empty"),
    ],
)
def test_a_fault_below_the_header_is_named_with_its_line(text, message):
    with pytest.raises(ValueError, match=message):
        parse_table(prepared(text, header=True))
