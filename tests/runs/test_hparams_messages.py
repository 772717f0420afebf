import math

import pytest
from tensorboard.plugins.hparams import api_pb2, metadata
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from rankdistill.runs.hparams_messages import (
    HparamColumn,
    events,
    experiment,
    scalars,
    session_end,
    session_start,
)


def content(summary, tag):
    """The part of a message that TensorBoard's plugin reads."""
    (value,) = summary.value
    assert value.tag == tag
    assert value.metadata.plugin_data.plugin_name == "hparams"
    return HParamsPluginData.FromString(value.metadata.plugin_data.content)


def told(*columns, metrics=()):
    return content(experiment(columns, metrics), metadata.EXPERIMENT_TAG).experiment


def test_columns_and_metrics_keep_their_order_and_type():
    found = told(
        HparamColumn("size", str, "d2"),
        HparamColumn("alpha", float, 0.5, first=False),
        HparamColumn("seen", bool, True),
        metrics=["test/map@5", "test/ndcg@10"],
    )
    assert [(info.name, info.type, info.differs) for info in found.hparam_infos] == [
        ("size", api_pb2.DATA_TYPE_STRING, True),
        ("alpha", api_pb2.DATA_TYPE_FLOAT64, False),
        ("seen", api_pb2.DATA_TYPE_BOOL, True),
    ]
    assert [info.name.tag for info in found.metric_infos] == ["test/map@5", "test/ndcg@10"]


def test_numbers_are_filtered_by_bounds_and_words_by_each_of_them_once():
    numbers, words = told(
        HparamColumn("alpha", float, 1, (3, 0.5, None, 1)),
        HparamColumn("size", str, "d2", ("d4", "d2", "d4", None)),
    ).hparam_infos
    assert (numbers.domain_interval.min_value, numbers.domain_interval.max_value) == (0.5, 3.0)
    assert [value.string_value for value in words.domain_discrete.values] == ["d2", "d4"]


@pytest.mark.parametrize(
    ("values", "bounds"), [((math.inf, 2.0, 1.0, -math.inf), [1.0, 2.0]), ((math.inf,), None)]
)
def test_what_is_not_finite_bounds_nothing(values, bounds):
    (info,) = told(HparamColumn("alpha", float, 1, values)).hparam_infos
    interval = info.domain_interval
    found = [interval.min_value, interval.max_value] if info.HasField("domain_interval") else None
    assert found == bounds


def test_a_row_has_typed_cells_and_none_for_what_is_missing():
    columns = [
        HparamColumn("seen", bool, False),
        HparamColumn("alpha", float, 2),
        HparamColumn("decay", str, 20),
        HparamColumn("lambda_", float, None),
    ]
    tag = metadata.SESSION_START_INFO_TAG
    start = content(session_start(columns, seconds=12.5), tag).session_start_info
    assert {
        name: getattr(cell, cell.WhichOneof("kind")) for name, cell in start.hparams.items()
    } == {
        "seen": False,
        "alpha": 2.0,
        "decay": "20",
    }
    assert start.start_time_secs == 12.5
    assert not start.group_name


@pytest.mark.parametrize(
    ("succeeded", "status"), [(True, api_pb2.STATUS_SUCCESS), (False, api_pb2.STATUS_FAILURE)]
)
def test_the_end_of_a_row_tells_how_it_ended(succeeded, status):
    end = content(session_end(succeeded), metadata.SESSION_END_INFO_TAG).session_end_info
    assert end.status == status


def test_an_event_file_begins_with_its_version_and_keeps_the_order_of_its_messages():
    version, first, second = events([scalars({"a": 0.5, "b": 0.25}), scalars({"c": 1.0})])
    assert version.file_version == "brain.Event:2"
    assert [(value.tag, value.simple_value) for value in first.summary.value] == [
        ("a", 0.5),
        ("b", 0.25),
    ]
    assert [value.tag for value in second.summary.value] == ["c"]
