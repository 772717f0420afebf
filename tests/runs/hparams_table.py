"""What TensorBoard reads of a run's row in its HParams table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import api_pb2, metadata
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData


@dataclass
class Row:
    """The content of one run's event files.

    Attributes:
        types: Name of each column to its type, in order.
        domains: Name of each column to the values, or the two bounds, that it may be filtered by.
        first: Names of the columns that come first.
        metrics: Tags of the metric columns, in order.
        cells: Name to typed value.
        status: "SUCCESS", "FAILURE" or None while the session is under way.
        took: Seconds between start and end, or None.
        points: Tag of each scalar to its values.
    """

    types: dict[str, str]
    domains: dict[str, list[Any]]
    first: list[str]
    metrics: list[str]
    cells: dict[str, Any]
    status: str | None
    took: float | None
    points: dict[str, list[float]]


def read_row(folder: Path) -> Row:
    events = EventAccumulator(str(folder))
    events.Reload()
    contents = events.PluginTagToContent("hparams")
    experiment = _parsed(contents[metadata.EXPERIMENT_TAG]).experiment
    start = _parsed(contents[metadata.SESSION_START_INFO_TAG]).session_start_info
    end = None
    if metadata.SESSION_END_INFO_TAG in contents:
        end = _parsed(contents[metadata.SESSION_END_INFO_TAG]).session_end_info
    assert not start.group_name, "rows of the same cells would be taken for one"
    return Row(
        types={info.name: _word(api_pb2.DataType, info.type) for info in experiment.hparam_infos},
        domains={info.name: _domain(info) for info in experiment.hparam_infos},
        first=[info.name for info in experiment.hparam_infos if info.differs],
        metrics=[info.name.tag for info in experiment.metric_infos],
        cells={name: getattr(v, v.WhichOneof("kind")) for name, v in start.hparams.items()},
        status=None if end is None else _word(api_pb2.Status, end.status),
        took=None if end is None else end.end_time_secs - start.start_time_secs,
        points={t: [p.value for p in events.Scalars(t)] for t in events.Tags()["scalars"]},
    )


def _parsed(content: bytes) -> HParamsPluginData:
    return HParamsPluginData.FromString(content)


def _word(enumeration: Any, value: int) -> str:
    return enumeration.Name(value).rpartition("_")[2]


def _domain(info: Any) -> list[Any]:
    if info.HasField("domain_interval"):
        return [info.domain_interval.min_value, info.domain_interval.max_value]
    return [getattr(v, v.WhichOneof("kind")) for v in info.domain_discrete.values]
