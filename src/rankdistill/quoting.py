"""Text from a file, made fit for a message, a terminal or a table."""

from __future__ import annotations

import reprlib
import unicodedata

MOST_QUOTED = 80
"""Characters of a file that a message repeats at most."""

_LEFT_OUT = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode's control, format and surrogate characters, and its separators of lines."""

_BEGIN_FORMULAS = ("=", "+", "-", "@", "\t", "\r")

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = MOST_QUOTED


def printable(text: str) -> str:
    """The text in one line, without the characters that steer a terminal.

    Tabs and line ends become spaces; escape sequences lose the character that begins them, and
    marks that turn the direction of writing are left out.
    """
    if text.isprintable():
        return text
    spaced = "".join(" " if character in "\t\n\r\f\v" else character for character in text)
    return "".join(one for one in spaced if unicodedata.category(one) not in _LEFT_OUT)


def excerpt(value: object) -> str:
    """The ``repr`` of a value from a file, with the middle left out where it is long."""
    text = _SHORT.repr(value)
    return text if len(text) <= MOST_QUOTED else f"{text[: MOST_QUOTED - 3]}..."


def shortened(text: str) -> str:
    """Text from a file without quotes around it, printable, with its end left out where long."""
    text = printable(text)
    return text if len(text) <= MOST_QUOTED else f"{text[: MOST_QUOTED - 3]}..."


def table_cell(value: object) -> object:
    """A value as a cell of CSV: booleans in lower case, and no text that a spreadsheet computes.

    Such a text gets an apostrophe. It begins with ``=``, ``+``, ``-`` or ``@``, goes on after that,
    and is no number.
    """
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}" if isinstance(value, str) and _is_formula(value) else value


def _is_formula(text: str) -> bool:
    if len(text) < 2 or not text.startswith(_BEGIN_FORMULAS):
        return False
    try:
        float(text)
    except ValueError:
        return True
    return False
