"""Which column of a table is whose: by position, by name, or guessed from what names are usual."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rankdistill.quoting import shortened

Column = str | int

_USUAL = {
    "user": "user userid uid customer customerid custid client clientid member memberid visitor "
    "visitorid shopper buyer account accountid reviewer reviewerid person session sessionid",
    "item": "item itemid iid product productid sku article articleid stockcode movie movieid film "
    "filmid song songid track trackid artist artistid book bookid isbn asin business businessid "
    "venue venueid game gameid news newsid",
    "rating": "rating ratings stars overall grade",
    "timestamp": "timestamp time ts date datetime when orderedat createdat created invoicedate "
    "orderdate orderedon purchasedat purchasedate eventtime unixreviewtime",
    "weight": "weight quantity qty amount count counts playtime playtimeforever plays playcount "
    "listens listencount hours hoursplayed minutes duration dwelltime watchtime clicks views "
    "purchases visits units",
}


def guess_columns(names: Sequence[str], roles: Sequence[str]) -> dict[str, int]:
    """Find columns with a usual name; leave out a role that no name fits, or two.

    Args:
        names: Of the columns.
        roles: Those to find: "user", "item", "rating", "timestamp", "weight".
    """
    plain = [re.sub(r"[\W_]", "", name).lower() for name in names]
    found = {}
    for role in roles:
        usual = set(_USUAL[role].split())
        places = [place for place, name in enumerate(plain) if name in usual]
        if len(places) == 1:
            found[role] = places[0]
    return found


def choose_columns(
    names: Sequence[str], header: bool, columns: Mapping[str, Column | None], source: str
) -> dict[str, int]:
    """Choose the position of each wanted column.

    Args:
        names: Fields of the first line.
        header: Whether they are names.
        columns: Name or position by role. Where those of user and item are both None, usual names
            tell them, else they are the first two.
        source: What messages call the table.

    Raises:
        ValueError: If a column is not there, or two roles share one.
    """
    given = {role: column for role, column in columns.items() if column is not None}
    places = {role: _located(role, column, names, header, source) for role, column in given.items()}
    missing = [role for role in ("user", "item") if columns.get(role) is None]
    if missing:
        usual = guess_columns(names, ("user", "item")) if header else {}
        if len(usual) < 2:
            usual = {"user": 0, "item": 1}
        for role in missing:
            places[role] = _located(role, usual[role], names, header, source)
    places = {role: places[role] for role in columns}
    if len(set(places.values())) < len(places):
        raise ValueError(f"{source}: each of {', '.join(places)} needs a column of its own.")
    return places


def _located(role: str, column: Column, names: Sequence[str], header: bool, source: str) -> int:
    """The position of one column; a ValueError that says what there is instead."""
    names = [name.strip() for name in names]
    width = len(names)
    if isinstance(column, str):
        if not header:
            raise ValueError(
                f"{role}_column={column!r} is a name, and {source} is read without a header: "
                "give a position (0 is the first column) or set header=true."
            )
        wanted = column.strip()
        if names.count(wanted) == 1:
            return names.index(wanted)
        found = "twice" if wanted in names else "no"
        raise ValueError(
            f"{source} has {found} column {column!r} ({role}_column); "
            f"its columns: {shortened(', '.join(names))}."
        )
    if 0 <= column < width:
        return column
    listed = f" ({shortened(', '.join(names))})" if header else ""
    raise ValueError(
        f"{role}_column={column} is not a column of {source}, which has {width}{listed}, counted "
        "from 0; is the separator right?"
    )
