"""Doubts about a table that parses: ids that may be no users and items."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

import numpy as np
import polars as pl

from rankdistill.data.field_kinds import MISSING, is_integer
from rankdistill.data.read_table import ReadTable
from rankdistill.data.text_start import COMMENT_SIGNS
from rankdistill.data.text_table import refuse_data_as_header
from rankdistill.quoting import shortened

logger = logging.getLogger(__name__)

_FEW = 20  # ids below which no share of them says anything
_ODD_SHARE = 0.01  # of the ids: so few names among integers, or comment signs, are told

Codes = Mapping[str, np.ndarray]
Names = Mapping[str, np.ndarray]


def check_table(table: ReadTable, codes: Codes, names: Names) -> None:
    """Refuse what cannot be users and items, and warn of what may not be.

    Args:
        table: What was read.
        codes: (n,) int64 by "user" and "item": which of ``names`` each row has.
        names: The ids of the source by "user" and "item"; other tables may share them.

    Raises:
        ValueError: With the line, in one sentence.
    """
    _refuse_index(table, codes, names)
    _refuse_header_as_data(table)
    _refuse_ids_as_header(table, codes, names)
    for role in ("user", "item"):
        _refuse_missing(table, role, codes[role], names[role])
    _refuse_adjacency_list(table)
    for role in ("user", "item"):
        _warn_of_odd(table, role, codes[role], names[role])


def _refuse_index(table: ReadTable, codes: Codes, names: Names) -> None:
    """Refuse the column of row numbers that pandas writes before the others."""
    for role in ("user", "item"):
        position = table.columns[role]
        unnamed = table.names is not None and table.names[position].strip() in ("", "Unnamed: 0")
        if unnamed or _counts_rows(codes[role], names[role]):
            what = "has no name" if unnamed else "counts the rows"
            others = [place for place in range(len(table.kinds)) if place != position]
            choice = [_option(table, place) for place in others[:2]]
            hint = (
                f" Say which columns are read with data.user_column={choice[0]} "
                f"data.item_column={choice[1]}"
                if len(choice) == 2
                else ""
            )
            raise ValueError(
                f"The {role} column ({position}) of {table.source} {what}: it looks like the index "
                f"that pandas writes.{hint}"
            )


def _counts_rows(codes: np.ndarray, names: np.ndarray) -> bool:
    """Whether ids are 0, 1, 2, ... or 1, 2, 3, ... in the order of the rows."""
    if len(codes) < _FEW or (first := names[codes[0]]) not in ("0", "1"):
        return False
    return all(names[code] == str(row) for row, code in enumerate(codes, start=int(first)))


def _option(table: ReadTable, position: int) -> str:
    return table.name(position) or str(position)


def _refuse_header_as_data(table: ReadTable) -> None:
    """Refuse a line of names above rows of integers where no header is read."""
    if table.text is None or table.text.header or table.frame.height < 2:
        return
    ids = table.frame.select("user", "item")
    if any(is_integer(name) for name in ids.row(0)):
        return
    below = ids.slice(1).select(pl.all().cast(pl.Int64, strict=False).null_count())
    if 0 in below.row(0):
        raise ValueError(
            f"Line {table.text.first_line} of {table.source} reads "
            f"{shortened(', '.join(table.text.first_row))} above rows of integers: column names? "
            "Then set data.header=true."
        )


def _refuse_ids_as_header(table: ReadTable, codes: Codes, names: Names) -> None:
    """Refuse a first line of ids in the place of names, and the line of names among the rows."""
    if table.text is None or table.names is None:
        return
    firsts = {role: table.name(table.columns[role]) for role in ("user", "item")}
    has_user, has_item = (
        codes[role] == _code_of(first, names[role]) for role, first in firsts.items()
    )
    shaped = all(
        any(map(str.isdigit, first)) and _all_shaped(first, names[role])
        for role, first in firsts.items()
    )
    if shaped or bool((has_user != has_item).any()):
        place = f"Line {table.text.first_line} of {table.source}"
        refuse_data_as_header(place, table.text.first_row)
    if has_user.any():
        raise ValueError(
            f"{table.place(int(has_user.argmax()))} of {table.source} repeats the header: is it "
            "two files in one? Delete that line."
        )


def _all_shaped(first: str, names: np.ndarray) -> bool:
    """Whether a name has the form of all ids: letters, digits and signs in their order."""
    return all(_shape(name) == _shape(first) for name in names[:1000])


def _shape(name: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", name))


def _code_of(name: str, names: np.ndarray) -> int:
    """The number of a name; -1 where there is none."""
    found = np.flatnonzero(names == name)
    return int(found[0]) if len(found) else -1


def _refuse_missing(table: ReadTable, role: str, codes: np.ndarray, names: np.ndarray) -> None:
    """Refuse what programs write where a value is missing."""
    signs = [code for code, name in enumerate(names) if name in MISSING]
    rows = np.flatnonzero(np.isin(codes, signs))
    if len(rows):
        count = f"{len(rows):,} rows have none" if len(rows) > 1 else "one row has none"
        raise ValueError(
            f"{table.place(int(rows[0]))} of {table.source} has the {role} "
            f"{names[codes[rows[0]]]}, which stands for a missing value ({count}): delete such "
            "rows."
        )


def _refuse_adjacency_list(table: ReadTable) -> None:
    """Refuse lines of a user and all items of theirs, where these are equally many."""
    text = table.text
    if text is None or text.header or len(table.columns) > 2 or len(table.kinds) < 3:
        return
    if table.frame.height < 3 or set(table.kinds) != {"integers"}:
        return
    if table.frame["user"].n_unique() == table.frame.height:
        raise ValueError(
            f"{table.source} has each user once and {len(table.kinds)} columns of integers: an "
            "adjacency list, a user and all items of theirs in a line? Write a line for each user "
            "and item; or name what the columns are, as in data.rating_column=2 "
            "data.timestamp_column=3."
        )


def _warn_of_odd(table: ReadTable, role: str, codes: np.ndarray, names: np.ndarray) -> None:
    """Warn of a few names among integers, or that begin as comments do."""
    if len(names) < _FEW:
        return
    others = np.array([not is_integer(name) for name in names])
    signs = np.array([name.startswith(COMMENT_SIGNS) for name in names])
    for odd, what in ((others, "among integers"), (signs, "that begins as comments do")):
        rows = np.flatnonzero(odd[codes])
        if 0 < odd.sum() <= max(1, _ODD_SHARE * len(names)) and len(rows):
            logger.warning(
                "%s of %s has the %s %r %s (%d of %d ids are such): is it one?",
                table.place(int(rows[0])),
                table.source,
                role,
                names[codes[rows[0]]],
                what,
                odd.sum(),
                len(names),
            )
            return
