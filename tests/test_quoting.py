import pytest

from rankdistill.quoting import MOST_QUOTED, excerpt, printable, table_cell


def test_escape_sequences_and_line_ends_do_not_reach_a_terminal():
    assert printable("\x1b[31mRed\x1b[0m\nfilm\t(1999)\x07") == "[31mRed[0m film (1999)"
    assert printable("gpj.‮exe") == "gpj.exe"
    assert printable("Amélie: 東京 (2001)") == "Amélie: 東京 (2001)"


@pytest.mark.parametrize(
    "value", ["x" * 3_000_000, "\0" * 500, ["x" * 999] * 999, {"a": "y" * 999}]
)
def test_a_message_quotes_at_most_80_characters_of_a_file(value):
    assert len(excerpt(value)) <= MOST_QUOTED


def test_a_short_value_is_quoted_whole():
    assert excerpt("four") == "'four'"
    assert excerpt(4) == "4"


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|x", "-cmd|x", "\t=1"])
def test_a_cell_that_a_spreadsheet_would_compute_is_quoted(text):
    assert table_cell(text) == f"'{text}"
    assert table_cell(table_cell(text)) == f"'{text}"


@pytest.mark.parametrize("value", ["-1", "+2.5e3", "-inf", "-", "d2", -1.5, None, ""])
def test_numbers_and_plain_words_stay_as_they_are_in_a_cell(value):
    assert table_cell(value) == value


def test_booleans_are_in_lower_case_in_a_cell():
    assert table_cell(True) == "true"
