"""Interactions from any delimited text: one file, or three that are already split."""

from __future__ import annotations

import logging
import math
from pathlib import Path

import numpy as np
import polars as pl
import torch

from rankdistill.data.duplicates import last_rows, refuse_duplicates, refuse_shared_pairs
from rankdistill.data.filtering import drop_absent, keep_rated
from rankdistill.data.identifiers import encode_strings
from rankdistill.data.interactions import Interactions, Labels
from rankdistill.data.parting import Split
from rankdistill.data.table_faults import is_integer
from rankdistill.data.text_files import read_bytes
from rankdistill.data.text_table import TextTable, parse_table, prepare_table

logger = logging.getLogger(__name__)


class DelimitedFile:
    """One text file of interactions, or three: training, validation and test.

    Users and items may be called anything; they are numbered in numeric order if all names are
    integers, else in the order of text. Files may be gzipped. Those whose every rating is left out
    do not occur. Quotes are read as in CSV if the separator is a comma or a semicolon.

    Args:
        path: The file to read with ``load``; then no ``train``, ``validation`` and ``test``.
        train: The training file to read with ``load_split``, with ``validation`` and ``test``.
        validation: The validation file.
        test: The test file.
        separator: What stands between fields; any text, "::" included.
        header: Whether the first line holds column names.
        user_column: Name (needs a header) or position, counted from 0.
        item_column: Name or position.
        rating_column: Name or position, or None.
        timestamp_column: Name or position of a number, seconds as a rule, or None.
        min_rating: Interactions rated below are left out; by default every one is kept.
        duplicates: What to do if a user has an item twice: "error", or "last" to keep the latest by
            timestamp, and without timestamps the one furthest down.
        name: What reports call the data; by default the file's name without its extension, and for
            three files that of their folder.
    """

    def __init__(
        self,
        path: str | Path | None,
        train: str | Path | None,
        validation: str | Path | None,
        test: str | Path | None,
        separator: str,
        header: bool,
        user_column: str | int,
        item_column: str | int,
        rating_column: str | int | None,
        timestamp_column: str | int | None,
        min_rating: float | None,
        duplicates: str,
        name: str | None,
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
        values = [path] if path is not None else list(parts.values())
        self.paths = [Path(value).expanduser() for value in values if value is not None]
        self.separator = separator
        self.header = header
        self.columns: dict[str, str | int] = {"user": user_column, "item": item_column}
        if rating_column is not None:
            self.columns["rating"] = rating_column
        if timestamp_column is not None:
            self.columns["timestamp"] = timestamp_column
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
        return Split(*drop_absent(parts))

    def _read(self) -> list[Interactions]:
        tables, frames = [], []
        for path in self.paths:
            table = prepare_table(
                read_bytes(path), str(path), self.separator, self.header, self.columns
            )
            frame = parse_table(table)
            _refuse_header_as_data(table, frame)
            tables.append(table)
            frames.append(frame)
        user_codes, users = encode_strings(pl.concat([frame["user"] for frame in frames]))
        item_codes, items = encode_strings(pl.concat([frame["item"] for frame in frames]))
        labels = Labels(users, items)
        ends = np.cumsum([frame.height for frame in frames])[:-1]
        return [
            self._interactions(*part, labels)
            for part in zip(
                tables, frames, np.split(user_codes, ends), np.split(item_codes, ends), strict=True
            )
        ]

    def _interactions(
        self,
        table: TextTable,
        frame: pl.DataFrame,
        user_ids: np.ndarray,
        item_ids: np.ndarray,
        labels: Labels,
    ) -> Interactions:
        ratings = frame["rating"].to_numpy() if "rating" in frame.columns else None
        timestamps = frame["timestamp"].to_numpy() if "timestamp" in frame.columns else None
        pairs = user_ids * len(labels.items) + item_ids
        if self.duplicates == "last":
            rows = last_rows(pairs, timestamps)
        else:
            rows = slice(None)
            refuse_duplicates(table, pairs, labels)
        dropped = len(pairs) - len(pairs[rows])
        if dropped:
            logger.info("%s: %d earlier duplicates are left out.", table.source, dropped)
        interactions = Interactions.from_pairs(
            torch.tensor(user_ids[rows]),
            torch.tensor(item_ids[rows]),
            num_users=len(labels.users),
            num_items=len(labels.items),
            ratings=None if ratings is None else torch.tensor(ratings[rows]),
            timestamps=None if timestamps is None else torch.tensor(timestamps[rows]),
            labels=labels,
        )
        if ratings is None:
            return interactions
        return keep_rated(interactions, self.min_rating, table.source)


def _default_name(paths: list[Path]) -> str:
    if len(paths) == 3:
        return paths[0].resolve().parent.name
    return paths[0].name.removesuffix(".gz").rpartition(".")[0] or paths[0].name


def _refuse_header_as_data(table: TextTable, frame: pl.DataFrame) -> None:
    """A line of names above columns of integers is a header, whatever the setting says."""
    if table.header or frame.height < 2:
        return
    names = frame.select("user", "item").row(0)
    if any(is_integer(name) for name in names):
        return
    below = frame.slice(1).select(pl.col("user", "item").cast(pl.Int64, strict=False).null_count())
    if 0 in below.row(0):
        raise ValueError(
            f"Line {table.first_line} of {table.source} reads {', '.join(table.first_row)} above "
            "rows of integers: column names? Then set header=true."
        )
