"""Titles of a MovieLens release, from each of the three forms of its items file."""

from __future__ import annotations

import csv
import io

from rankdistill.data.releases import Release


def parse_titles(data: bytes, release: Release, source: str) -> dict[int, str]:
    """Read an items file into titles by the source's item ids.

    Raises:
        ValueError: With the line, if one is not of this release's form.
    """
    try:
        text = data.decode(release.encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"Line {line} of {source} is not {release.encoding} text.") from None
    if release.items_separator == ",":
        rows = list(csv.reader(io.StringIO(text, newline="")))
    else:
        rows = [_split_item(line, release.items_separator) for line in text.split("\n")]
    titles = {}
    for number, row in enumerate(rows[int(release.header) :], start=1 + int(release.header)):
        if not row or row == [""]:
            continue
        if len(row) < 2 or not row[0].isdecimal():
            raise ValueError(
                f"Line {number} of {source} does not begin with an item id and a title."
            )
        titles[int(row[0])] = row[1].strip()
    return titles


def _split_item(line: str, separator: str) -> list[str]:
    """Item id and title; where the separator is ``::`` a title may hold it too."""
    item, _, rest = line.rstrip("\r").partition(separator)
    title = rest.rpartition(separator)[0] if separator == "::" else rest.partition(separator)[0]
    return [item, title] if rest else [item]
