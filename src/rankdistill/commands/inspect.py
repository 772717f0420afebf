"""`rankdistill inspect`: say how a file would be read, and which command to go on with."""

from __future__ import annotations

import logging
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import yaml

from rankdistill.building import build, target_class
from rankdistill.conf_path import conf_dir
from rankdistill.config.inspect import InspectConfig
from rankdistill.config.quoted_text import quoted
from rankdistill.data.columns import guess_columns
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.data.delimited import DelimitedFile
from rankdistill.data.inspection import (
    SplitReport,
    density,
    report_splits,
    share_at_one_time,
    time_span,
)
from rankdistill.data.interactions import Interactions
from rankdistill.data.pair_weights import describe_weights, unread_weights
from rankdistill.data.read_table import ReadTable
from rankdistill.data.text_start import show

_TOO_MANY = 0.5  # tied or unknown users from this share on speak against a split


def run(cfg: InspectConfig) -> None:
    """Print what would be read; for a file of one's own its columns and the next command too."""
    with _logging_from(logging.WARNING):  # the command prints what is logged below
        look_at(cfg, print)


@dataclass(frozen=True)
class Inspection:
    """What was found in a source of data.

    Attributes:
        tables: The files that were read; none for data of no file.
        interactions: All of them, whatever part they belong to.
        reports: What each split leaves, by its name; empty where the files are the parts.
        settings: Those with which the source was read.
    """

    tables: Sequence[ReadTable]
    interactions: Interactions
    reports: Mapping[str, SplitReport]
    settings: Mapping[str, Any]

    @property
    def overrides(self) -> list[str]:
        """The overrides with which to go on; none for data of no file."""
        return _overrides(self.settings, self.reports) if self.tables else []


def look_at(cfg: InspectConfig, say: Callable[[str], None]) -> Inspection:
    """Look at a source of data.

    Args:
        cfg: Where the data are, and which splits to try.
        say: Gets each line of the description as soon as it is known, so that a file that cannot
            be read is described as far as it can.
    """
    kind = target_class(cfg.data, cfg.allow_targets)
    if not issubclass(kind, InteractionsDataModule):
        raise ValueError(f"inspect reads a source of data, and {kind.__name__} is none.")
    settings = dict(cfg.data.settings)
    tables = []
    if kind.source_type is DelimitedFile:
        tables = DelimitedFile(**settings).tables()
        settings = _with_times(settings, tables[0])
        tables = DelimitedFile(**settings).tables()
        _each(say, [line for table in tables for line in _columns(table)])
    source = kind.source_type(**settings)
    reports = {}
    if isinstance(source, DelimitedFile) and source.is_split:
        train, validation, test = source.load_split().parts
        interactions = train.union(validation).union(test)
        _each(say, _size(interactions, tables))
    else:
        interactions = source.load()
        _each(say, _size(interactions, tables))
        splitters = {
            name: build(split, allow=cfg.allow_targets) for name, split in cfg.splits.items()
        }
        with _logging_from(logging.ERROR):  # ties have a column
            reports = report_splits(interactions, splitters, cfg.seed.split)
        _each(say, _splits(reports))
    found = Inspection(tables, interactions, reports, settings)
    if tables:
        say(f"\nGo on with:\n  rankdistill compare {shlex.join(found.overrides)}")
    return found


def _each(say: Callable[[str], None], lines: Iterable[str]) -> None:
    for line in lines:
        say(line)


@contextmanager
def _logging_from(level: int) -> Iterator[None]:
    """Let the data log from a level on, and afterwards as before."""
    logger = logging.getLogger("rankdistill.data")
    before = logger.level
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)


def _with_times(settings: dict[str, Any], table: ReadTable) -> dict[str, Any]:
    """Add the column of times to the settings if it has a usual name."""
    if settings.get("timestamp_column") is not None or table.names is None:
        return settings
    place = guess_columns(table.names, ("timestamp",)).get("timestamp")
    if place is None or table.kinds[place] in ("text", "empty") or table.role(place) is not None:
        return settings
    return {**settings, "timestamp_column": table.name(place)}


def _columns(table: ReadTable) -> list[str]:
    """Describe the file in one line, and each of its columns in one."""
    form = "Parquet" if table.separator is None else f"text, separator {show(table.separator)}"
    names = [table.name(place) or "(unnamed)" for place in range(len(table.kinds))]
    rows = [
        [str(place), names[place], kind, table.role(place) or "not read"]
        for place, kind in enumerate(table.kinds)
    ]
    return [f"{table.source}: {form}, {table.frame.height:,} rows", *_aligned(rows), ""]


def _size(interactions: Interactions, tables: Sequence[ReadTable]) -> list[str]:
    rows = sum(table.frame.height for table in tables)
    repeated = rows - interactions.num_interactions if tables else 0
    lines = [
        f"{interactions.num_users:,} users, {interactions.num_items:,} items, "
        f"{interactions.num_interactions:,} interactions: {density(interactions):.2%} of all pairs"
    ]
    if repeated:
        lines.append(f"{repeated:,} rows repeat a (user, item) pair or are rated too low: left out")
    if (weights := describe_weights(interactions)) is not None:
        lines.append(weights)
    elif tables and (column := unread_weights(tables[0])) is not None:
        override = _typed("data.weight_column", column)
        lines.append(f"{column} is not read: {override} lets it say how much a pair counts")
    span = time_span(interactions)
    if span is None:
        return [*lines, "no times are read: data.timestamp_column=... names them"]
    tied = share_at_one_time(interactions)
    return [
        *lines,
        f"times from {span[0]} to {span[1]}; {tied:.0%} of interactions are at one time with "
        "another of their user",
    ]


def _splits(reports: Mapping[str, SplitReport]) -> list[str]:
    """Make a table of what each split leaves, and say why some cannot be made."""
    rows = [["split", "test users", "of them unknown", "test items unknown", "users with ties"]]
    rows += [
        [
            f"split={name}",
            f"{report.test_users:,}",
            f"{report.unknown_users:.1%}",
            f"{report.unknown_items:.1%}",
            f"{report.tied_users:.1%}",
        ]
        for name, report in reports.items()
        if report.fault is None
    ]
    faults = [f"split={name}: {r.fault}" for name, r in reports.items() if r.fault is not None]
    return ["", *_aligned(rows), *faults]


def _overrides(settings: Mapping[str, Any], reports: Mapping[str, SplitReport]) -> list[str]:
    """List what to type to train on what was inspected, with a split that suits it."""
    defaults = yaml.safe_load((conf_dir() / "data" / "delimited.yaml").read_text("utf-8"))
    given = {f"data.{key}": value for key, value in settings.items() if value != defaults.get(key)}
    last = reports.get("leave_last_out")
    if reports:
        suits = (
            last is not None
            and last.fault is None
            and max(last.tied_users, last.unknown_users) < _TOO_MANY
        )
        given["split"] = "leave_last_out" if suits else "random"
    return ["data=delimited", *(_typed(key, value) for key, value in given.items())]


def _typed(key: str, value: Any) -> str:
    """Write an override so that Hydra reads it back."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, str) and not re.fullmatch(r"[A-Za-z_./][\w./-]*", text):
        text = quoted(text)
    return f"{key}={text}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
