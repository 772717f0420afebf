"""The slow look finds the first bad line, and where each row stands."""

import pytest

from rankdistill.data.table_faults import find_fault, line_of_row, rows_of
from rankdistill.data.text_table import prepare_table

PAIRS = {"user": 0, "item": 1}
FULL = {**PAIRS, "rating": 2, "timestamp": 3}


def prepared(text, header=False, columns=PAIRS):
    data = text if isinstance(text, bytes) else text.encode()
    return prepare_table(data, "a.csv", ",", header, columns)


def test_rows_carry_the_lines_they_start_on():
    table = prepared('\nu,i\n\na,x\n"b\nb",y\n\nc,z\n', header=True)
    assert list(rows_of(table)) == [(4, ["a", "x"]), (5, ["b\nb", "y"]), (8, ["c", "z"])]
    assert [line_of_row(table, row) for row in range(3)] == [4, 5, 8]


def test_a_row_beyond_the_end_is_a_mistake_of_ours():
    with pytest.raises(AssertionError, match="row 1 is beyond the end"):
        line_of_row(prepared("a,x\n"), 1)


def test_sound_lines_have_no_fault():
    assert find_fault(prepared("a,x,1,5\nb,y,-2e3,6.5\n", columns=FULL), integer_ids=False) is None
    dates = prepared("a,x,1,2024-01-31\nb,y,2,2024-02-01T05:00\n", columns=FULL)
    assert find_fault(dates, integer_ids=False) is None
    assert find_fault(prepared("1,2\n-3,4\n"), integer_ids=True) is None


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("b,y,2", "has 3 fields where 4 are expected."),
        ("b,,2,6", "has no item: the field is empty."),
        ("b,y,good,6", "has the rating 'good', which is not a number."),
        ("b,y,4e38,6", "has the rating '4e38', which is out of range."),
        ("b,y,2,1e19", "has the timestamp '1e19', which is out of range."),
        ("b,y,2,2024-01-31", "has the timestamp '2024-01-31', a date among numbers."),
        ("#b,y", "has 2 fields where 4 are expected; is it a comment? Delete that line."),
    ],
)
def test_the_first_bad_line_is_told_in_one_sentence(line, fault):
    table = prepared(f"a,x,1,5\n{line}\nc,,,\n", columns=FULL)
    assert find_fault(table, integer_ids=False) == f"Line 2 of a.csv {fault}"


def test_a_header_in_the_place_of_data_is_suspected_and_a_second_one_is_told():
    fault = find_fault(prepared("who,what,stars,when\na,x,1,5\n", columns=FULL), integer_ids=False)
    assert fault is not None
    assert fault.startswith("Line 1 of a.csv has the rating 'stars'")
    assert fault.endswith("are these column names (header=true)?")
    twice = prepared("u,i\na,x\nu,i\nb,y\n", header=True)
    assert find_fault(twice, integer_ids=False) == (
        "Line 3 of a.csv repeats the header: is it two files in one? Delete that line."
    )


def test_a_user_with_all_items_in_one_line_is_told_as_an_adjacency_list():
    fault = find_fault(prepared("1,5,6\n2,5\n3,7,8,9\n"), integer_ids=False)
    assert fault is not None
    assert fault.startswith("Line 2 of a.csv has 2 fields where 3 are expected; this is an adj")
    fault = find_fault(prepared("1,5,6\n1,5\n3,7,8,9\n"), integer_ids=False)
    assert fault == "Line 2 of a.csv has 2 fields where 3 are expected."


def test_a_byte_that_is_no_text_is_told_with_its_line():
    fault = find_fault(prepared(b"\na,x\nb,\xe9\n"), integer_ids=False)
    assert fault == "Line 3 of a.csv is not UTF-8 text; save the file as UTF-8."
