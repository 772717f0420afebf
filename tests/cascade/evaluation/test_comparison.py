import json

import numpy as np
import pytest

from rankdistill.cascade.evaluation.comparison import against_clean_log, cascade_tests
from rankdistill.evaluation.multiple_tests import holm
from rankdistill.evaluation.significance import paired_test

NONE = np.array([0.2, 0.4, 0.6, 0.8])
SHARED = np.array([0.3, 0.4, 0.9, 0.8])


def test_a_test_says_the_difference_and_what_part_of_the_other_it_is():
    (test,) = cascade_tests(
        {"none": {"ndcg@10": NONE}, "shared": {"ndcg@10": SHARED}},
        [("shared", "none")],
        ["ndcg@10"],
    )
    expected = paired_test(SHARED, NONE)
    assert (test["model"], test["against"], test["metric"]) == ("shared", "none", "ndcg@10")
    assert test["difference"] == pytest.approx(0.1)
    assert test["relative"] == pytest.approx(0.2)  # .1 of a mean of .5
    assert (test["ci_low"], test["ci_high"]) == (expected.ci_low, expected.ci_high)
    assert test["p_value"] == test["p_holm"] == expected.p_value
    assert test["num_users"] == 4
    json.dumps(test, allow_nan=False)


def test_p_is_adjusted_for_all_pairs_and_metrics_together():
    rng = np.random.default_rng(0)
    per_user = {
        model: {metric: rng.random(30) for metric in ("a", "b")}
        for model in ("none", "auxiliary", "shared")
    }
    pairs = [("shared", "none"), ("auxiliary", "none"), ("shared", "auxiliary")]
    tests = cascade_tests(per_user, pairs, ["a", "b"])
    named = [(test["model"], test["against"], test["metric"]) for test in tests]
    assert named == [(*pair, metric) for pair in pairs for metric in ("a", "b")]
    assert [test["p_holm"] for test in tests] == holm([test["p_value"] for test in tests])


def test_a_metric_that_one_of_a_pair_lacks_is_not_tested():
    per_user = {"final_ranker": {"ndcg@10": NONE}, "shared": {"ndcg@10": SHARED, "tau": SHARED}}
    tests = cascade_tests(per_user, [("shared", "final_ranker")], ["tau", "ndcg@10", "unknown"])
    assert [test["metric"] for test in tests] == ["ndcg@10"]


def test_users_without_a_value_in_either_model_are_left_out_of_difference_and_relation():
    hole, other = NONE.copy(), SHARED.copy()
    hole[0], other[1] = np.nan, np.nan
    (test,) = cascade_tests({"n": {"m": hole}, "s": {"m": other}}, [("s", "n")], ["m"])
    assert test["num_users"] == 2
    assert test["difference"] == pytest.approx(0.15)  # (.9 - .6 + .8 - .8) / 2
    assert test["relative"] == pytest.approx(0.15 / 0.7)


def test_one_user_is_no_test_and_nothing_is_relative_to_zero():
    lonely = np.array([0.5, np.nan])
    assert cascade_tests({"n": {"m": lonely}, "s": {"m": lonely}}, [("s", "n")], ["m"]) == []
    per_user = {"n": {"m": np.zeros(4)}, "s": {"m": SHARED}}
    (test,) = cascade_tests(per_user, [("s", "n")], ["m"])
    assert test["relative"] is None


def test_values_over_different_users_are_refused():
    with pytest.raises(ValueError, match="over the same users"):
        cascade_tests({"n": {"m": NONE}, "s": {"m": SHARED[:3]}}, [("s", "n")], ["m"])


def test_corrupted_logs_are_held_against_the_same_form_on_the_clean_log():
    rng = np.random.default_rng(1)
    clean = {"auxiliary": {"m": rng.random(20)}, "shared": {"m": rng.random(20)}}
    corrupted = [
        (model, {"m": clean[model]["m"] - loss + rng.normal(0, 0.05, 20)})
        for loss in (0.01, 0.05)
        for model in ("auxiliary", "shared")
    ]
    found = against_clean_log(clean, corrupted, ["m"])
    assert [(t["model"], t["against"]) for (t,) in found] == [
        ("auxiliary", "auxiliary"),
        ("shared", "shared"),
    ] * 2
    for (test,), (model, values) in zip(found, corrupted, strict=True):
        assert test["difference"] == pytest.approx((values["m"] - clean[model]["m"]).mean())
    p_values = [test["p_value"] for (test,) in found]
    assert [test["p_holm"] for (test,) in found] == holm(p_values)


def test_a_corruption_without_a_test_has_an_empty_list():
    assert against_clean_log({"shared": {"m": NONE}}, [("shared", {"m": SHARED})], ["n"]) == [[]]
