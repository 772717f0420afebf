"""The start of a text, before its table: what is cut from it, and which separator it shows."""

from __future__ import annotations

import logging
import re
from collections import Counter
from typing import NamedTuple

from rankdistill.data.file_kinds import refuse_lone_carriage_returns, refuse_nul

logger = logging.getLogger(__name__)

COMMENT_SIGNS = ("#", "%")

_SAMPLE = 100  # lines that a separator is guessed from
_CANDIDATES = ("\t", "::", ",", ";", "|")
_SEPARATOR_LINE = re.compile(rb'"?sep=([^\n"]{1,3})"?[ ]*\n', re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


class Start(NamedTuple):
    """A text whose first line is the first of the table.

    Attributes:
        data: The rest of the text.
        first_line: The number of its first line in the file.
        separator: As given, or guessed.
        guessed: Whether it is guessed.
    """

    data: bytes
    first_line: int
    separator: str
    guessed: bool


def find_start(data: bytes, source: str, separator: str | None) -> Start:
    """Cut what comes before the table, and guess the separator where none is given.

    A line such as ``sep=;``, which spreadsheets write, and comment lines at the beginning are cut.

    Args:
        data: The whole file.
        source: What messages call it.
        separator: As the user gives it, or None to guess.

    Raises:
        ValueError: If the text is empty or no text, or no separator can be guessed.
    """
    data = with_plain_line_ends(data)
    refuse_lone_carriage_returns(data, source)
    refuse_nul(data, source)
    if not data or data.isspace():
        raise ValueError(f"{source} is empty.")
    start = 0
    announced = None
    if found := _SEPARATOR_LINE.match(data):
        announced, start = found.group(1).decode(errors="replace"), found.end()
    comments = _leading_comments(data[start:])
    if comments:
        first = data.count(b"\n", 0, start) + 1
        start += comments
        last = data.count(b"\n", 0, start)
        lines = f"Line {first}" if first == last else f"Lines {first} to {last}"
        logger.info("%s of %s: comments, left out.", lines, source)
    if announced is not None and separator is None:
        separator = announced
    rest = data[start:]
    if not rest or rest.isspace():
        raise ValueError(f"{source} holds no rows.")
    first_line = data.count(b"\n", 0, start) + 1
    if separator is not None:
        return Start(rest, first_line, separator, announced == separator)
    return Start(rest, first_line, _guess(rest, source, first_line), guessed=True)


def with_plain_line_ends(data: bytes) -> bytes:
    """Cut a byte order mark, and make line ends of Windows those of Unix."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    return data.replace(b"\r\n", b"\n") if b"\r" in data else data


def show(separator: str) -> str:
    """A separator as a person would call it."""
    return {"\t": "tab", " ": "blank"}.get(separator, repr(separator))


def _leading_comments(data: bytes) -> int:
    """Length of the comment lines that data begin with; 0 where every line looks like one."""
    signs = tuple(sign.encode() for sign in COMMENT_SIGNS)
    end = 0
    while data.startswith(signs, end):
        line_end = data.find(b"\n", end)
        if line_end < 0:
            return 0  # nothing would be left: names that begin so
        end = line_end + 1
    following = data[end : data.find(b"\n", end) + 1]
    is_comment = end > 0 and not following.isspace() and bool(following)
    return end if is_comment else 0


def _guess(data: bytes, source: str, first_line: int) -> str:
    """The separator that most lines have as often as the first; tabs and "::" before others."""
    sample = data[: 1 << 20].decode(errors="replace").split("\n")
    lines = [line for line in sample if line.strip()][:_SAMPLE]
    best, best_rating = None, (0.0, 0)
    for candidate in _CANDIDATES:
        counts = Counter(_count(line, candidate) for line in lines)
        fields, times = max(counts.items(), key=lambda pair: (pair[0] > 0, pair[1]))
        if fields == 0:
            continue
        share = times / len(lines)
        if share >= 0.9 and candidate in ("\t", "::"):
            return candidate
        if (rating := (round(share, 1), fields)) > best_rating:
            best, best_rating = candidate, rating
    if best is not None and best_rating[0] >= 0.5:
        return best
    if sum(" " in line.strip() for line in lines) >= 0.9 * len(lines):
        return " "
    if best is not None:
        return best
    raise ValueError(
        f"Line {first_line} of {source} shows no separator: {lines[0][:60]!r}. "
        "Say which one with data.separator=..."
    )


def _count(line: str, candidate: str) -> int:
    """How often a candidate stands in a line, outside quotes where quotes are read."""
    if candidate in (",", ";") and '"' in line:
        line = _QUOTED.sub("", line)
    return line.count(candidate)
