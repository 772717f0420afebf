"""Write the final ranker's scores beside user labels to a log, and read them with care."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import torch
from torch import Tensor

from rankdistill.cascade.data.impressions import Impressions
from rankdistill.cascade.data.labels import user_labels
from rankdistill.cascade.data.logging_faults import LoggedScores
from rankdistill.cascade.data.tasks import TASKS
from rankdistill.files import replacing

LOGGED = "teacher_logged_properly"
TEACHER_COLUMNS = tuple(f"teacher_probability_{task}" for task in TASKS)


@dataclass(frozen=True)
class LogCounts:
    """Counts of a log's rows, by what can be learned from them.

    Attributes:
        rows: All impressions.
        not_logged: Rows without scores.
        marked_invalid: Rows that the log marks as not properly logged.
        not_finite: Unmarked rows with NaN or an infinite value.
        out_of_range: Unmarked rows with a value below 0 or above 1.
        usable: The other rows.
    """

    rows: int
    not_logged: int
    marked_invalid: int
    not_finite: int
    out_of_range: int
    usable: int

    def sentence(self) -> str:
        """Describe the counts in one line."""
        return (
            f"{self.usable:,} of {self.rows:,} impressions have a usable teacher score; "
            f"{self.not_logged:,} were not logged, {self.marked_invalid:,} are marked as invalid, "
            f"{self.not_finite:,} are not finite and {self.out_of_range:,} lie outside [0, 1]. "
            "User labels count in all."
        )


def write_log(
    path: Path,
    impressions: Impressions,
    user_ids: Tensor,
    features: Mapping[str, Tensor],
    scores: LoggedScores,
) -> None:
    """Write a row per impression as Parquet, in one step.

    Args:
        path: The file.
        impressions: What was shown, n rows.
        user_ids: (n,) int64.
        features: (n,) features of the pairs, by name.
        scores: Scores of the final ranker; rows that were not logged get empty cells.
    """
    labels = user_labels(impressions.ratings).to(torch.int8)
    columns = {
        "request": impressions.request_ids,
        "user": user_ids,
        "item": impressions.item_ids,
        **dict(zip(TASKS, labels.unbind(1), strict=True)),
        **features,
        **dict(zip(TEACHER_COLUMNS, scores.probabilities.unbind(1), strict=True)),
        LOGGED: scores.is_proper,
    }
    frame = pl.DataFrame({name: column.numpy() for name, column in columns.items()})
    is_logged = pl.Series(scores.is_logged.numpy())
    logged_alone = pl.when(is_logged).then(pl.col(TEACHER_COLUMNS))
    with replacing(path) as temporary:
        frame.with_columns(logged_alone).write_parquet(temporary)


def read_log(path: Path, impressions: Impressions) -> tuple[Tensor, Tensor, LogCounts]:
    """Read the teacher's labels of impressions, and which of them are usable.

    Args:
        path: A file of ``write_log``, or of a production system.
        impressions: The n rows to train on.

    Returns:
        (n, tasks) probabilities, 0.5 where they are not usable; (n,) weights, one or zero; and the
        counts.

    Raises:
        FileNotFoundError: If there is no log.
        ValueError: If it is no Parquet file, lacks a column, or has other rows.
    """
    wanted = ["request", "item", LOGGED, *TEACHER_COLUMNS]
    frame = _columns(path, wanted)
    _check_rows(path, frame, impressions)
    columns = [_floats(path, frame, name) for name in TEACHER_COLUMNS]
    probabilities = torch.stack(columns, dim=1)
    is_absent = torch.from_numpy(
        frame.select(pl.all_horizontal(pl.col(TEACHER_COLUMNS).is_null())).to_series().to_numpy()
    )
    is_proper = _flags(path, frame, LOGGED)
    is_finite = probabilities.isfinite().all(1)
    is_within = are_probabilities(probabilities)
    marked = ~is_absent & ~is_proper
    broken = ~is_absent & is_proper & ~is_finite
    outside = ~is_absent & is_proper & is_finite & ~is_within
    usable = ~is_absent & is_proper & is_finite & is_within
    counts = LogCounts(
        rows=len(usable),
        not_logged=int(is_absent.sum()),
        marked_invalid=int(marked.sum()),
        not_finite=int(broken.sum()),
        out_of_range=int(outside.sum()),
        usable=int(usable.sum()),
    )
    labels = torch.where(usable[:, None], probabilities, 0.5)
    return labels, usable.float(), counts


def are_probabilities(scores: Tensor) -> Tensor:
    """(n,) bool, which rows of (n, tasks) scores lie in [0, 1]; what is not finite does not."""
    return ((scores >= 0) & (scores <= 1)).all(1)


def _columns(path: Path, names: Sequence[str]) -> pl.DataFrame:
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no score log at {path}; give the path of a Parquet file."
        )
    try:
        return pl.read_parquet(path, columns=list(names))
    except pl.exceptions.ColumnNotFoundError as error:
        there = ", ".join(pl.read_parquet_schema(path))
        missing = str(error).splitlines()[0]
        raise ValueError(
            f"The score log {path} lacks a column ({missing}); it has {there}."
        ) from None
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"The score log {path} is no Parquet file, or damaged: {reason}."
        ) from None


def _check_rows(path: Path, frame: pl.DataFrame, impressions: Impressions) -> None:
    for name, expected in (("request", impressions.request_ids), ("item", impressions.item_ids)):
        logged = frame[name].to_numpy()
        if len(logged) != len(expected) or (logged != expected.numpy()).any():
            raise ValueError(
                f"The score log {path} has other impressions than this run ({len(logged):,} rows "
                f"for {len(expected):,}): it was made of other data, another split, seed.split or "
                "impressions; make it anew."
            )


def _floats(path: Path, frame: pl.DataFrame, name: str) -> Tensor:
    column = frame[name]
    if not (column.dtype.is_numeric() or column.dtype == pl.Null):
        raise ValueError(f"Column {name} of the score log {path} does not hold numbers.")
    return torch.from_numpy(column.cast(pl.Float32).fill_null(float("nan")).to_numpy().copy())


def _flags(path: Path, frame: pl.DataFrame, name: str) -> Tensor:
    """Whether each row is flagged; an empty cell is not."""
    column = frame[name]
    if not (column.dtype in (pl.Boolean, pl.Null) or column.dtype.is_integer()):
        raise ValueError(f"Column {name} of the score log {path} does not hold true and false.")
    return torch.from_numpy(column.cast(pl.Boolean).fill_null(value=False).to_numpy().copy())
