"""Separators are guessed from the first lines, and what stands before a table is cut."""

import pytest

from rankdistill.data.text_start import find_start, show


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("user\titem\na\tx\n", "\t"),
        ("user,item\na,x\n", ","),
        ("user;item;price\na;x;3,5\nb;y;4,5\n", ";"),
        ("1;2;3,5\n2;3;4,5\n", ";"),
        ("1::2::5\n2::3::4\n", "::"),
        ("user|item\na|x\n", "|"),
        ("1 2\n2 3\n", " "),
        ("u,i,t\na,x,2024-01-31 10:11\n", ","),
        ("u\ti\tname\na\tx\tDoe, Jo\nb\ty\tRoe, Al\n", "\t"),
        ('u,i\n"a;b;c",x\n"d;e;f",y\n', ","),
        ("id,tags\n1,a|b\n2,c|d\n3,e|f\n", ","),
        ("u,i\na,x\nb\n", ","),
    ],
)
def test_a_separator_is_the_one_that_a_person_sees(text, separator):
    start = find_start(text.encode(), "orders", None)
    assert (start.separator, start.guessed) == (separator, True)


@pytest.mark.parametrize(
    ("text", "first_line", "rest"),
    [
        ("u,i\n", 1, "u,i\n"),
        ("sep=,\nu,i\n", 2, "u,i\n"),
        ('"sep=,"\nu,i\n', 2, "u,i\n"),
        ("# a\n%b\nu,i\n", 3, "u,i\n"),
        ("sep=,\n# a\nu,i\n", 3, "u,i\n"),
        ("#a,x\n#b,y\n", 1, "#a,x\n#b,y\n"),
        ("\ufeffu,i\r\na,x\r\n", 1, "u,i\na,x\n"),
    ],
)
def test_lines_before_the_table_are_cut_and_counted(text, first_line, rest):
    start = find_start(text.encode(), "orders", None)
    assert (start.first_line, start.data.decode()) == (first_line, rest)


def test_a_separator_that_is_given_is_taken():
    start = find_start(b"a,b|c\n", "orders", "|")
    assert (start.separator, start.guessed) == ("|", False)


def test_lines_that_end_in_carriage_returns_alone_are_named():
    with pytest.raises(ValueError, match="orders end in CR alone, as on old Macs"):
        find_start(b"u,i\ra,x\r", "orders", None)


def test_separators_have_names_for_people():
    assert [show(separator) for separator in ("\t", " ", ",")] == ["tab", "blank", "','"]
