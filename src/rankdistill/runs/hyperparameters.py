"""A run's row in TensorBoard's HParams: typed columns, the values reached, and how it ended."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rankdistill.runs.hparams_messages import HparamColumn, HparamValue

EVENTS = "events.out.tfevents.*"
"""What TensorBoard reads in a run's folder."""

BEGUN = ".0.session"
"""Ends the name of a file that announces a session; training leaves it in place."""

_ENDED = ".~.result"
# TensorBoard reads files in the order of their names and never goes back. After the second, the
# names of curves have that of the machine: "0." comes before it and "~" after it.


def begin_session(
    folder: Path,
    columns: Mapping[str, HparamValue],
    metrics: Sequence[str],
    values: Mapping[str, Sequence[HparamValue]] | None = None,
) -> None:
    """Announce a job of a sweep, before it trains; event files of an earlier attempt are removed.

    TensorBoard takes the columns of all jobs from whichever job it reads first, so every job of a
    sweep must name the same. A column is of booleans, of numbers or of strings; where ``values``
    mixes these, or misses one (None), all are written as strings, and a missing one as ``null``:
    TensorBoard cannot sort a mixed column, and its parallel coordinates leave out every job with an
    empty cell. Without ``values`` a missing one can only leave its cell empty.

    Args:
        folder: The job's, made if needed; its path below TensorBoard's folder is the row's name.
        columns: Value of each swept key in this job.
        metrics: Tags of the columns that ``end_session`` fills, the most important first:
            TensorBoard shows five until more are asked for.
        values: All values of each swept key in the sweep, where known: then a column's type is the
            same in every job, and TensorBoard offers to filter by its values.
    """
    from rankdistill.runs.hparams_messages import HparamColumn, experiment, session_start

    folder.mkdir(parents=True, exist_ok=True)
    for left_over in folder.glob(EVENTS):
        left_over.unlink()
    table = []
    for name, value in columns.items():
        known = tuple((values or {}).get(name, ()))
        if None in known:
            value, known = _text(value), tuple(_text(other) for other in known)
        table.append(HparamColumn(name, _kind([*known, value]), value, known))
    _write(folder, BEGUN, [experiment(table, metrics), session_start(table, time.time())])


def end_session(folder: Path, metrics: Mapping[str, float], succeeded: bool) -> None:
    """Write what a job has reached, one point each, and whether it succeeded.

    Args:
        folder: That of ``begin_session``, called in this process or in one that has died.
        metrics: Value by tag; a tag that was not announced is drawn, but is no column.
        succeeded: False for a job that failed.
    """
    from rankdistill.runs.hparams_messages import scalars, session_end

    _write(folder, _ENDED, [scalars(metrics), session_end(succeeded)])


def write_session(
    folder: Path, columns: Sequence[HparamColumn], metrics: Mapping[str, float], seconds: float
) -> None:
    """Write the row of a run that has ended well, beside its curves; an earlier row is replaced.

    Args:
        folder: The run's.
        columns: Of this row; other rows of the same table name the same.
        metrics: Value by tag, the most important first.
        seconds: How long the run took.
    """
    from rankdistill.runs.hparams_messages import experiment, scalars, session_end, session_start

    for suffix in (BEGUN, _ENDED):
        for left_over in folder.glob(EVENTS + suffix):
            left_over.unlink()
    begun = [experiment(columns, list(metrics)), session_start(columns, time.time() - seconds)]
    _write(folder, _ENDED, [*begun, scalars(metrics), session_end(succeeded=True)])


def _kind(values: Iterable[HparamValue]) -> type:
    """The type of a column that holds all of the values."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return bool
    return float if kinds and kinds <= {int, float} else str


def _text(value: HparamValue) -> str:
    return "null" if value is None else str(value)


def _write(folder: Path, suffix: str, summaries: Sequence[Any]) -> None:
    """One more event file in a run's folder."""
    from tensorboard.summary.writer.record_writer import RecordWriter

    from rankdistill.runs.hparams_messages import events

    name = f"{EVENTS.rstrip('.*')}.{int(time.time()):010d}{suffix}"
    with (folder / name).open("wb") as stream:
        writer = RecordWriter(stream)
        for event in events(summaries):
            writer.write(event.SerializeToString())
