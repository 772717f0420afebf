"""The messages from which TensorBoard makes its HParams table."""

# Protocol buffers make their names when they are imported, where a type checker sees none.
# pyright: reportAttributeAccessIssue=false, reportInvalidTypeForm=false

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata
from tensorboard.plugins.hparams.plugin_data_pb2 import (
    HParamsPluginData,
    SessionEndInfo,
    SessionStartInfo,
)

HparamValue = str | float | int | bool | None

_TYPES = {
    bool: api_pb2.DATA_TYPE_BOOL,
    float: api_pb2.DATA_TYPE_FLOAT64,
    str: api_pb2.DATA_TYPE_STRING,
}


@dataclass(frozen=True)
class HparamColumn:
    """A column of the table, and its cell in one row.

    Attributes:
        name: The setting.
        kind: bool, float (for all numbers) or str.
        value: In this row; None leaves the cell empty.
        values: In all rows, where known; TensorBoard offers to filter by them.
        first: Whether it comes before the others; TensorBoard shows five until more are asked for,
            and sorts by name.
    """

    name: str
    kind: type
    value: HparamValue
    values: tuple[HparamValue, ...] = ()
    first: bool = True


def experiment(columns: Sequence[HparamColumn], metrics: Sequence[str]) -> Summary:
    """What the columns of all rows are; ``metrics`` are tags of scalars."""
    content = api_pb2.Experiment(
        hparam_infos=[_info(column) for column in columns],
        metric_infos=[api_pb2.MetricInfo(name=api_pb2.MetricName(tag=tag)) for tag in metrics],
    )
    return _summary(metadata.EXPERIMENT_TAG, HParamsPluginData(experiment=content))


def session_start(columns: Sequence[HparamColumn], seconds: float) -> Summary:
    """The cells of a row, begun at a time in seconds since 1970.

    It names no group of sessions: TensorBoard then calls the row by the name of its run, and takes
    two rows of the same cells for two.
    """
    content = SessionStartInfo(start_time_secs=seconds)
    for column in columns:
        if column.value is None:
            continue
        cell = content.hparams[column.name]
        if column.kind is bool:
            cell.bool_value = column.value
        elif column.kind is float:
            cell.number_value = column.value
        else:
            cell.string_value = str(column.value)
    return _summary(metadata.SESSION_START_INFO_TAG, HParamsPluginData(session_start_info=content))


def session_end(succeeded: bool) -> Summary:
    """How a row ended, now."""
    status = api_pb2.STATUS_SUCCESS if succeeded else api_pb2.STATUS_FAILURE
    content = SessionEndInfo(status=status, end_time_secs=time.time())
    return _summary(metadata.SESSION_END_INFO_TAG, HParamsPluginData(session_end_info=content))


def scalars(metrics: Mapping[str, float]) -> Summary:
    """One point for each tag."""
    return Summary(value=[Summary.Value(tag=t, simple_value=v) for t, v in metrics.items()])


def events(summaries: Sequence[Summary]) -> list[Event]:
    """The content of an event file, written now."""
    now = time.time()
    version = Event(wall_time=now, file_version="brain.Event:2")
    return [version, *(Event(wall_time=now, summary=summary) for summary in summaries)]


def _info(column: HparamColumn) -> api_pb2.HParamInfo:
    info = api_pb2.HParamInfo(name=column.name, type=_TYPES[column.kind], differs=column.first)
    distinct = sorted({column.kind(value) for value in column.values if value is not None})
    if column.kind is not float:
        info.domain_discrete.extend(distinct)
    elif finite := [value for value in distinct if math.isfinite(value)]:
        info.domain_interval.min_value, info.domain_interval.max_value = finite[0], finite[-1]
    return info


def _summary(tag: str, data: HParamsPluginData) -> Summary:
    about = metadata.create_summary_metadata(data)
    value = Summary.Value(tag=tag, metadata=about, tensor=metadata.NULL_TENSOR)
    return Summary(value=[value])
