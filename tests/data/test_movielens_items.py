"""Titles, genres and years are read from each form of an items file."""

import numpy as np
import pytest
from tests.data.made_up_releases import GENRES, TITLES, items_text

from rankdistill.data.movielens_items import NO_GENRE, parse_items, years_of
from rankdistill.data.releases import RELEASES


def test_a_year_is_read_from_the_end_of_a_title_only():
    titles = [
        "Toy Story (1995)",
        "2001: A Space Odyssey (1968)",
        "1984",
        "unknown",
        "Land (1995) (V)",
        "Two Friends (1986) ",
        "Nobody (95)",
        "(1999)",
        "",
    ]
    years = years_of(titles)
    assert years.tolist() == [1995, 1968, 0, 0, 0, 1986, 0, 1999, 0]
    assert years.dtype == np.int64
    assert years_of([]).shape == (0,)
    assert years_of([]).dtype == np.int64


@pytest.mark.parametrize("name", RELEASES)
def test_every_form_of_an_items_file_gives_the_titles_and_genres_that_were_written(name):
    items = parse_items(items_text(name), RELEASES[name], "the items")
    assert items == {item: (TITLES[item], GENRES[item]) for item in TITLES}


def test_an_item_without_genres_says_so_in_every_form():
    flags = "|".join("0" * 19)
    lines = {
        "ml-100k": f"3|Nothing (1990)|01-Jan-1990||http://x|{flags}",
        "ml-1m": "3::Nothing (1990)::",
        "ml-20m": "movieId,title,genres\n3,Nothing (1990),",
    }
    for name, line in lines.items():
        items = parse_items(line.encode(), RELEASES[name], "the items")
        assert items == {3: ("Nothing (1990)", NO_GENRE)}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("ml-1m", b"1::A::Drama\nx::B::War\n", "^Line 2 of the items does not begin with an item"),
        ("ml-1m", b"1::A::Drama\n\n7\n", "^Line 3 of the items does not begin with an item id"),
        ("ml-20m", b"movieId,title,genres\nx,B,War\n", "^Line 2 of the items does not begin with"),
        ("ml-20m", b"movieId,title,genres\n1,A\xe9,War\n", "^Line 2 of the items is not utf-8"),
    ],
)
def test_a_bad_line_of_an_items_file_is_named(name, content, message):
    with pytest.raises(ValueError, match=message):
        parse_items(content, RELEASES[name], "the items")
