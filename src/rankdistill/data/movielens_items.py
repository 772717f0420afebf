"""Titles and genres of a MovieLens release, from each of the three forms of its items file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from itertools import compress
from typing import NamedTuple

import numpy as np

from rankdistill.data.releases import Release
from rankdistill.data.table_faults import is_integer

NO_GENRE = "(no genres listed)"
"""What the releases themselves say."""

_FLAGGED = (
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
)
"""Genres in the order of u.genre, which is that of the last columns of u.item."""

_YEAR = re.compile(r"\(([0-9]{4})\)\s*\Z")


class Item(NamedTuple):
    """An item, as a release describes it.

    Attributes:
        title: What a person would call it.
        genres: Separated by ``|``, or NO_GENRE.
    """

    title: str
    genres: str


def parse_items(data: bytes, release: Release, source: str) -> dict[int, Item]:
    """Read an items file into titles and genres by the source's item ids.

    Raises:
        ValueError: With the line, if one is not of this release's form.
    """
    try:
        text = data.decode(release.encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"Line {line} of {source} is not {release.encoding} text.") from None
    if release.items_separator == ",":
        try:
            rows = list(csv.reader(io.StringIO(text, newline="")))
        except csv.Error as error:
            raise ValueError(f"{source} is not well-formed CSV: {error}.") from None
    else:
        rows = [_split_item(line, release.items_separator) for line in text.split("\n")]
    items = {}
    for number, row in enumerate(rows[int(release.header) :], start=1 + int(release.header)):
        if not row or row == [""]:
            continue
        if len(row) < 2 or not is_integer(row[0]):
            raise ValueError(
                f"Line {number} of {source} does not begin with an item id and a title."
            )
        items[int(row[0])] = Item(row[1].strip(), _genres(row[2:]))
    return items


def years_of(titles: Iterable[str]) -> np.ndarray:
    """Find the years that end titles, as in "Toy Story (1995)".

    Args:
        titles: (num_items,) str.

    Returns:
        (num_items,) int64; 0 where a title ends in no "(YYYY)".
    """
    found = [_YEAR.search(title) for title in titles]
    return np.array([int(year[1]) if year else 0 for year in found], dtype=np.int64)


def _split_item(line: str, separator: str) -> list[str]:
    """Item id, title and what follows; where the separator is ``::`` a title may hold it too."""
    line = line.rstrip("\r")
    if separator != "::":
        return line.split(separator)
    item, _, rest = line.partition(separator)
    title, _, genres = rest.rpartition(separator)
    return [item, title, genres] if rest else [item]


def _genres(fields: Sequence[str]) -> str:
    """From the third column, or from the flags at the end of the columns of u.item."""
    if len(fields) <= 1:
        return "".join(fields).strip() or NO_GENRE
    flags = [field == "1" for field in fields[-len(_FLAGGED) :]]
    return "|".join(compress(_FLAGGED, flags)) or NO_GENRE
