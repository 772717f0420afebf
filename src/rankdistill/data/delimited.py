"""Interactions from a file of one's own, or from three that are already split."""

from __future__ import annotations

import logging
import math
from pathlib import Path

import numpy as np
import polars as pl
import torch

from rankdistill.data.columns import Column
from rankdistill.data.doubts import check_table
from rankdistill.data.duplicates import (
    last_rows,
    refuse_duplicates,
    refuse_shared_pairs,
)
from rankdistill.data.filtering import drop_absent, keep_rated
from rankdistill.data.identifiers import encode_strings
from rankdistill.data.interactions import Interactions, Labels
from rankdistill.data.pair_weights import describe_weights, weights_of_pairs
from rankdistill.data.parting import Split
from rankdistill.data.read_table import ReadTable, read_table

logger = logging.getLogger(__name__)

_FIELDS = {"rating": "ratings", "timestamp": "timestamps"}
"""Columns of a table, and what they are in Interactions."""


class DelimitedFile:
    """One file of interactions, or three: training, validation and test.

    A file is text, plain or gzipped, or Parquet. Users and items may be called anything; they are
    numbered in numeric order if all names are integers, else in the order of text. Those whose
    every rating is left out do not occur. Quotes are read as in CSV if the separator is a comma or
    a semicolon.

    Args:
        path: The file to read with ``load``; then no ``train``, ``validation`` and ``test``.
        train: The training file to read with ``load_split``, with ``validation`` and ``test``.
        validation: The validation file.
        test: The test file.
        separator: What stands between fields; any text, "::" included. Backslash and t are
            a tab. None: it is guessed.
        header: Whether the first line of text holds column names.
        user_column: Name (needs a header) or position, counted from 0. None: the column with a
            usual name, such as user_id or customer; where the names of users and items are not
            usual, the first.
        item_column: Name or position. None: by its usual name, or the second.
        rating_column: Name or position, or None.
        timestamp_column: Name or position of numbers, seconds as a rule, or of ISO dates; or None.
        weight_column: Name or position of positive numbers that say how much a pair counts in a
            ranking loss, such as a quantity; or None: all count one.
        min_rating: Interactions rated below are left out; by default every one is kept.
        duplicates: What to do if a user has an item twice: "last" keeps the latest by timestamp,
            and without timestamps the one furthest down, with the weights of all added up; "error"
            refuses the file.
        name: What reports call the data; by default the file's name without its extension, and for
            three files that of their folder.
        max_gib: What a file may hold, unpacked, in GiB. To read it takes about five times as much
            memory, and a small gzip file can unpack to any size.
    """

    def __init__(
        self,
        path: str | Path | None,
        train: str | Path | None,
        validation: str | Path | None,
        test: str | Path | None,
        separator: str | None,
        header: bool,
        user_column: Column | None,
        item_column: Column | None,
        rating_column: Column | None,
        timestamp_column: Column | None,
        weight_column: Column | None,
        min_rating: float | None,
        duplicates: str,
        name: str | None,
        max_gib: float,
    ) -> None:
        parts = {"train": train, "validation": validation, "test": test}
        given = [part for part, value in parts.items() if value is not None]
        if path is not None and given:
            raise ValueError(f"Give path, or train, validation and test; not path and {given[0]}.")
        if path is None and len(given) < 3:
            missing = [part for part in parts if part not in given]
            raise ValueError(f"Give path, or train, validation and test ({missing[0]} is missing).")
        if duplicates not in ("error", "last"):
            raise ValueError(f"duplicates must be 'error' or 'last', got {duplicates!r}.")
        if min_rating is not None and math.isnan(min_rating):
            raise ValueError("min_rating must be a number, got nan.")
        if min_rating is not None and rating_column is None:
            raise ValueError(f"min_rating={min_rating:g} has no effect without a rating_column.")
        if not 0 < max_gib < math.inf:
            raise ValueError(f"max_gib must be positive, got {max_gib}.")
        self.max_gib = max_gib
        values = [path] if path is not None else list(parts.values())
        self.paths = [Path(value).expanduser() for value in values if value is not None]
        self.separator = None if separator is None else separator.replace(r"\t", "\t")
        self.header = header
        further = {
            "rating": rating_column,
            "timestamp": timestamp_column,
            "weight": weight_column,
        }
        self.columns: dict[str, Column | None] = {"user": user_column, "item": item_column}
        self.columns |= {role: column for role, column in further.items() if column is not None}
        self.min_rating = min_rating
        self.duplicates = duplicates
        self.name = name if name is not None else _default_name(self.paths)

    @property
    def is_split(self) -> bool:
        """Whether the files come split, for ``load_split`` rather than ``load``."""
        return len(self.paths) == 3

    def load(self) -> Interactions:
        """Read the one file.

        Raises:
            FileNotFoundError: If it is not there.
            ValueError: If it does not hold what the columns say, or the files come split.
        """
        if self.is_split:
            raise ValueError(
                "The files come split into train, validation and test: use load_split."
            )
        return drop_absent(self._read())[0]

    def load_split(self) -> Split:
        """Read the three files; users and items are those of all three.

        Raises:
            FileNotFoundError: If one of them is not there.
            ValueError: If one does not hold what the columns say, if a pair is in two of them, or
                if there is only one file.
        """
        if not self.is_split:
            raise ValueError("load_split needs train, validation and test; for path use load.")
        parts = self._read()
        for first, second in ((0, 1), (0, 2), (1, 2)):
            refuse_shared_pairs(parts[first], parts[second], self.paths[first], self.paths[second])
        train, validation, test = drop_absent(parts)
        return Split(train, validation, test)

    def tables(self) -> list[ReadTable]:
        """Read the columns of each file, before repeated pairs and low ratings are left out."""
        return [
            read_table(path, self.separator, self.header, self.columns, self.max_gib)
            for path in self.paths
        ]

    def _read(self) -> list[Interactions]:
        tables = self.tables()
        codes, names = {}, {}
        ends = np.cumsum([table.frame.height for table in tables])[:-1]
        for role in ("user", "item"):
            together, names[role] = encode_strings(pl.concat([t.frame[role] for t in tables]))
            codes[role] = np.split(together, ends)
        labels = Labels(names["user"], names["item"])
        parts, first_row = [], 0
        for number, table in enumerate(tables):
            own = {role: codes[role][number] for role in codes}
            check_table(table, own, names)
            table.tell()
            parts.append(self._interactions(table, own["user"], own["item"], labels, first_row))
            first_row += table.frame.height
        return parts

    def _interactions(
        self,
        table: ReadTable,
        user_ids: np.ndarray,
        item_ids: np.ndarray,
        labels: Labels,
        first_row: int,
    ) -> Interactions:
        """Make pairs of a file's rows, counted from ``first_row``: files follow one another."""
        pairs = user_ids * len(labels.items) + item_ids
        columns = {
            field: table.frame[role].to_numpy()
            for role, field in _FIELDS.items()
            if role in table.frame.columns
        }
        if self.duplicates == "error":
            refuse_duplicates(table, pairs, labels)
        rows = last_rows(pairs, columns.get("timestamps"))
        if (dropped := len(pairs) - len(rows)) > 0:
            logger.info(
                "%s: %s of %s rows repeat a (user, item) pair; the latest of each is kept%s.",
                table.source,
                f"{dropped:,}",
                f"{len(pairs):,}",
                ", with the weights of all added up" if "weight" in table.columns else "",
            )
        weights = None
        if "weight" in table.columns:
            weights = weights_of_pairs(pairs, rows, table.frame["weight"].to_numpy())
        interactions = Interactions.from_pairs(
            torch.tensor(user_ids[rows]),
            torch.tensor(item_ids[rows]),
            num_users=len(labels.users),
            num_items=len(labels.items),
            labels=labels,
            file_rows=torch.tensor(first_row + rows, dtype=torch.int32),
            weights=weights,
            **{field: torch.tensor(values[rows]) for field, values in columns.items()},
        )
        if (described := describe_weights(interactions)) is not None:
            logger.info("%s: %s.", table.source, described)
        if interactions.ratings is None:
            return interactions
        return keep_rated(interactions, self.min_rating, table.source)


def _default_name(paths: list[Path]) -> str:
    if len(paths) == 3:
        return paths[0].resolve().parent.name
    return paths[0].name.removesuffix(".gz").rpartition(".")[0] or paths[0].name
