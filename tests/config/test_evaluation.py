"""The metric that selects the best epoch is one of those computed."""

import pytest
from tests.running import composed

from rankdistill.config.evaluation import METRIC_NAMES, Evaluation
from rankdistill.metrics.functional import RANKING_METRICS
from rankdistill.metrics.whole_list import MAP_OF_WHOLE_LIST


def evaluation(monitor, **settings):
    made = {"metrics": ["map", "ndcg"], "top_k": [5, 10], "user_block": 8, "users": "known"}
    later = {"masked_at_test": "all", "sampled_negatives": None}
    return Evaluation(monitor=monitor, **{**made, **later, **settings})


@pytest.mark.parametrize("monitor", ["val/map@5", "val/map@10", "val/ndcg@5", "val/ndcg@10"])
def test_every_metric_at_every_cut_off_may_be_monitored(monitor):
    assert evaluation(monitor).monitor == monitor


@pytest.mark.parametrize("monitor", ["val/map@20", "val/recall@5", "test/map@5", "map@5", ""])
def test_what_is_not_computed_on_validation_cannot_be_monitored(monitor):
    with pytest.raises(ValueError, match=rf"^evaluation\.monitor is '{monitor}', which is not com"):
        evaluation(monitor)


def test_the_nearest_metric_is_offered():
    with pytest.raises(ValueError, match="did you mean 'val/ndcg@10'"):
        evaluation("val/ndgc@10")


def test_the_yaml_monitors_a_metric_of_validation():
    assert composed("train", "data=synthetic").evaluation.monitor.startswith("val/")


def test_the_names_that_may_be_asked_for_are_those_of_all_metrics():
    assert sorted(METRIC_NAMES) == sorted([*RANKING_METRICS, MAP_OF_WHOLE_LIST])


def test_a_metric_of_the_whole_list_has_no_cut_off():
    made = evaluation("val/map@all", metrics=["map@all"])
    assert made.monitor == "val/map@all"
    with pytest.raises(ValueError, match="which is not computed"):
        evaluation("val/map@all")


def test_the_whole_list_is_refused_among_sampled_items():
    with pytest.raises(ValueError, match=r"type evaluation\.sampled_negatives=null"):
        evaluation("val/map@all", metrics=["map@all"], sampled_negatives=99)


def test_protocols_shape_results_but_models_stored_before_there_were_any_keep_their_names():
    usual = evaluation("val/map@5").identity
    assert sorted(usual) == ["metrics", "monitor", "top_k", "users"]
    for later in ({"masked_at_test": "training"}, {"sampled_negatives": 99}):
        assert evaluation("val/map@5", **later).identity == {**usual, **later}


@pytest.mark.parametrize(
    ("name", "setting", "value"),
    [
        ("sampled_negatives", "sampled_negatives", 499),
        ("training_masked", "masked_at_test", "training"),
        ("all_users", "users", "every"),
    ],
)
def test_every_protocol_has_a_name(name, setting, value):
    found = composed("train", "data=synthetic", f"evaluation={name}").evaluation
    assert getattr(found, setting) == value
