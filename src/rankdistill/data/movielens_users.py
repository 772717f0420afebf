"""Age, gender and occupation of a MovieLens release's users, from each form of its users file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from rankdistill.data.releases import Release
from rankdistill.data.table_faults import is_integer
from rankdistill.data.user_traits import UserTraits
from rankdistill.quoting import excerpt

_CODED = (
    "other",
    "academic/educator",
    "artist",
    "clerical/admin",
    "college/grad student",
    "customer service",
    "doctor/health care",
    "executive/managerial",
    "farmer",
    "homemaker",
    "K-12 student",
    "lawyer",
    "programmer",
    "retired",
    "sales/marketing",
    "scientist",
    "self-employed",
    "technician/engineer",
    "tradesman/craftsman",
    "unemployed",
    "writer",
)
"""Occupations in the order of their codes in users.dat, as the README of MovieLens 1M has them."""


class User(NamedTuple):
    """A user, as a release describes them.

    Attributes:
        age: In years, or the lower bound of a band of years (1 is under 18); 0 if not said.
        gender: "F" or "M"; empty if not said.
        occupation: In the release's words; empty if not said.
    """

    age: int
    gender: str
    occupation: str


_NOT_SAID = User(0, "", "")


def parse_users(data: bytes, release: Release, source: str) -> dict[int, User]:
    """Read a users file by the source's user ids.

    A line of MovieLens 100K is ``id|age|gender|occupation|zip code``; one of MovieLens 1M is
    ``id::gender::age::occupation code::zip code``.

    Args:
        data: The file.
        release: Says how it is written.
        source: What messages call the file.

    Raises:
        ValueError: With the line, if one is not of this release's form.
    """
    text = data.decode(release.encoding)
    users = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            user, described = _parse_user(line.rstrip("\r"), release.items_separator)
        except ValueError as fault:
            raise ValueError(f"Line {number} of {source} {fault}.") from None
        users[user] = described
    return users


def traits_of(users: Iterable[int], described: dict[int, User]) -> UserTraits:
    """Line the traits up with our ids.

    Args:
        users: The source's id of each of our users, in the order of ours.
        described: From ``parse_users``; a user that it lacks has age 0 and empty words.
    """
    known = [described.get(user, _NOT_SAID) for user in users]
    return UserTraits(
        ages=np.array([user.age for user in known], dtype=np.int64),
        genders=np.array([user.gender for user in known], dtype=object),
        occupations=np.array([user.occupation for user in known], dtype=object),
    )


def _parse_user(line: str, separator: str) -> tuple[int, User]:
    """A user's id and traits; a ValueError says what the line has instead of them."""
    fields = line.split(separator)
    if len(fields) != 5:
        raise ValueError(f"has {len(fields)} field{'s' * (len(fields) > 1)} where 5 are expected")
    if separator == "::":
        user, gender, age, code, _ = fields
        if not is_integer(code) or not 0 <= int(code) < len(_CODED):
            raise ValueError(
                f"has the occupation {excerpt(code)}, not a code from 0 to {len(_CODED) - 1}"
            )
        occupation = _CODED[int(code)]
    else:
        user, age, gender, occupation, _ = fields
        if not occupation.strip():
            raise ValueError("has no occupation: the field is empty")
    for name, field in (("user", user), ("age", age)):
        if not is_integer(field) or int(field) < 0:
            raise ValueError(f"has the {name} {excerpt(field)}, which is not a whole number")
    if gender not in ("F", "M"):
        raise ValueError(f"has the gender {excerpt(gender)} where F or M is expected")
    return int(user), User(int(age), gender, occupation.strip())
