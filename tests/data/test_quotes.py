"""Quotes that go wrong are told with their lines."""

import logging

import pytest

from rankdistill.data.quotes import check_quotes
from rankdistill.data.text_table import prepare_table


def check(text, columns=None):
    columns = columns or {"user": 0, "item": 1}
    check_quotes(prepare_table(text.encode(), "orders.csv", ",", True, columns))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('u,i,n\na,5" screen,1\n', 2),
        ('u,i,n\na,x,1\nb,"y,2\n', 3),
        ('u,i,n\na,x,"so "good" it"\n', 2),
        ('u,i,n\na,x,"1"2\n', 2),
        ('u,i,n\na,x,"one\ntwo"\nb,y"\n', 4),
        ('\n\nu,i,n\na,x,1"\n', 4),
    ],
)
def test_a_stray_quote_is_told_with_its_line(text, line):
    with pytest.raises(ValueError, match=f"^Line {line} of orders.csv has a stray quote"):
        check(text)


def test_a_long_field_that_is_read_is_refused_with_its_lines():
    with pytest.raises(ValueError, match=r"^Lines 3 to 5 of .* quoted field of the item column"):
        check('u,i\na,x\nb,"y\n\nz"\n')


def test_long_fields_that_are_not_read_are_a_warning(caplog):
    with caplog.at_level(logging.WARNING):
        check('u,i,n\na,x,"1\n2"\nb,y,"3\n4"\n')
    assert "Lines 2 to 3 of orders.csv are one quoted field, and 1 further such" in caplog.text


def test_sound_quotes_are_not_told(caplog):
    check('u,i,n\n"a, b","say ""x""",\nc,"",d\n"","e",f')
    assert not caplog.records
