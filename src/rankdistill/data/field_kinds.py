"""What one field of a text may be: a number, a whole number, a time, or a sign for no value."""

from __future__ import annotations

import re

ISO_TIME = (
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?"
    r" ?(?:Z|UTC|(?P<sign>[+-])(?P<offset_hours>\d{2}):?(?P<offset_minutes>\d{2})?)?)?"
)
"""A date, or a date and a time of day with or without an offset, of ISO 8601."""

MISSING = frozenset({"nan", "NaN", "NAN", "NA", "N/A", "<NA>", "#N/A", "NaT"}) | frozenset(
    {"null", "NULL", "Null", "None", r"\N"}
)
"""What programs write where a value is missing: pandas, R, SQL, Python, spreadsheets."""

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
_INTEGER = re.compile(r"\s*[+-]?\d{1,18}\s*")
_TIME = re.compile(rf"\s*{ISO_TIME}\s*")


def reads_as_number(text: str) -> bool:
    """Whether text is a finite decimal number."""
    return _NUMBER.fullmatch(text) is not None


def is_integer(text: str) -> bool:
    """Whether text is a whole number of at most 18 digits."""
    return _INTEGER.fullmatch(text) is not None


def is_time(text: str) -> bool:
    """Whether text has the form of an ISO date or date-time."""
    return _TIME.fullmatch(text) is not None


def kind_of(fields: list[str]) -> str:
    """What a column holds, from some of its fields, in one word for a person."""
    given = [field for field in fields if field.strip()]
    if not given:
        return "empty"
    for kind, test in (("integers", is_integer), ("numbers", reads_as_number), ("times", is_time)):
        if all(map(test, given)):
            return kind
    return "text"
