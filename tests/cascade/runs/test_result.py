import numpy as np
import pytest
from tests.cascade.test_config import composed_cascade

from rankdistill.cascade.data.score_log import LogCounts
from rankdistill.cascade.runs.bench import Measured
from rankdistill.cascade.runs.log_variants import LogVariant
from rankdistill.cascade.runs.records import CascadeRuns, RankerRun
from rankdistill.cascade.runs.result import cascade_result

OVERRIDES = (
    "seeds=[1,2]",
    "cascade/students=[none,auxiliary,shared]",
    "log.rescore=0",
    "evaluation.top_k=[5]",
    "evaluation.kept=[5,10,20]",
    "evaluation.monitor=val/recall_of_final@5_in_10",
)
LOG = LogCounts(100, 0, 0, 0, 0, 100)


def run_of(seed, quality, log=None):
    """A run whose recall, and quality at both cuts, rest on one number."""
    metrics = {"test/ndcg@5": quality, "test/ce": 1 - quality}
    metrics |= {f"test/recall_of_final@5_in_{m}": quality * m / 20 for m in (5, 10, 20)}
    metrics |= {f"test/ndcg@5_after_{m}": quality * m / 20 for m in (5, 10, 20)}
    users = np.linspace(0, 0.1, 12) * seed
    per_user = {"user_ids": np.arange(12), "recall_of_final@5_in_10": quality + users}
    per_user["recall_of_final@5_in_5"] = per_user["recall_of_final@5_in_10"] / 2
    per_user["ce"] = 1 - quality - users**2
    return RankerRun(seed, {"fit_seconds": 2.0, "parameters": 7}, Measured(metrics, per_user), log)


@pytest.fixture
def runs():
    runs = CascadeRuns(costs={"candidates": 1})
    for seed in (1, 2):
        runs.add("final_ranker", run_of(seed, 0.8))
        runs.add("none", run_of(seed, 0.4))
        runs.add("auxiliary", run_of(seed, 0.8, LOG))
        runs.add("shared", run_of(seed, 0.8 + 0.1 * seed, LOG))
        for variant in (LogVariant("share", 0.1), LogVariant("stale", 0.1)):
            run = run_of(seed, 0.5, LOG)
            runs.add_variant(f"shared-{variant.name}", "shared", variant, run)
    return runs


@pytest.fixture
def result(runs):
    return cascade_result(composed_cascade(*OVERRIDES), runs, {"name": "made"}, {})


def test_models_have_means_and_deviations_over_their_seeds(result):
    shared = result["models"]["shared"]
    assert shared["mean"]["metrics"]["test/ndcg@5"] == pytest.approx(0.95)
    assert shared["std"]["metrics"]["test/ndcg@5"] == pytest.approx(0.1 / 2**0.5)
    assert shared["mean"]["parameters"] == 7
    assert [run["seed"] for run in shared["runs"]] == [1, 2]
    assert "log" not in result["models"]["none"]
    assert shared["log"]["usable"] == 100


def test_forms_are_tested_against_users_alone_and_the_form_before_them(result):
    pairs = list(dict.fromkeys((test["model"], test["against"]) for test in result["tests"]))
    assert pairs == [
        ("auxiliary", "none"),
        ("shared", "none"),
        ("shared", "auxiliary"),
        ("final_ranker", "none"),
    ]


def test_the_needed_cut_is_read_off_the_mean_curve(result):
    cuts = result["needed_cut_of_choice"]["models"]
    assert cuts["none"]["mean"] is None  # 40% at the largest cut, where 90% are to be kept
    # The mean curve of shared goes from .475 at 10 to .95 at 20, where .9 is kept at 18.95.
    assert cuts["shared"]["mean"] == pytest.approx(10 + 10 * (0.9 - 0.475) / 0.475)
    assert len(cuts["shared"]["runs"]) == 2


def test_smaller_logs_stand_beside_the_main_one(result):
    found = [(entry["model"], entry["share"]) for entry in result["logged_share"]]
    assert found == [("shared", 0.1), ("auxiliary", 1.0), ("shared", 1.0)]


def test_a_faulty_main_log_does_not_count_as_a_whole_one(runs):
    cfg = composed_cascade(*OVERRIDES, "log.corrupted=0.2")
    entries = cascade_result(cfg, runs, {}, {})["logged_share"]
    assert [(entry["model"], entry["share"]) for entry in entries] == [("shared", 0.1)]


def test_a_faulty_log_is_tested_against_the_main_one(result):
    (entry,) = result["corruption"]
    assert (entry["model"], entry["kind"], entry["share"]) == ("shared", "stale", 0.1)
    recall = next(test for test in entry["tests"] if test["metric"].startswith("recall"))
    assert recall["against"] == "shared"
    assert recall["difference"] == pytest.approx(0.5 - 0.95)


def test_the_recall_of_a_cut_half_as_wide_is_tested_too(result):
    of_shared = [test for test in result["tests"] if test["model"] == "shared"]
    tested = {test["metric"]: test["difference"] for test in of_shared}
    assert tested["recall_of_final@5_in_5"] == pytest.approx(tested["recall_of_final@5_in_10"] / 2)


def test_a_log_without_peeking_is_tested_against_the_main_one(runs):
    variant = LogVariant("stretches", 4)
    for seed in (1, 2):
        runs.add_variant("shared-stretches-4", "shared", variant, run_of(seed, 0.7, LOG))
    result = cascade_result(composed_cascade(*OVERRIDES), runs, {}, {})
    (entry,) = result["walk_forward"]
    assert entry["share"] == 4
    assert entry["tests"][0]["difference"] == pytest.approx(0.7 - 0.95)
    assert len(result["corruption"]) == 1
    assert result["stretches"] == 1


def test_without_further_candidates_nothing_is_said_of_them(result):
    assert result["rescoring"] == result["shown_alone"] == {}


def test_with_further_candidates_other_logs_are_compared_with_what_was_shown_alone(runs):
    for seed in (1, 2):
        of_seed = {"candidates": 100.0 * seed, "requests": 10.0, "seconds": 2.0}
        runs.rescoring.append(of_seed)
        alone = run_of(seed, 0.6, LOG)
        runs.add_variant("shared-share-1", "shared", LogVariant("share", 1.0), alone)
    runs.costs = {"final_ranker": {"flops_per_item": 3.0, "flops_per_request": 5.0}}
    result = cascade_result(composed_cascade(*OVERRIDES, "log.rescore=15"), runs, {}, {})
    rescoring = result["rescoring"]
    assert (rescoring["candidates"], rescoring["requests"]) == (150, 10)
    assert rescoring["flops"] == 150 * 3 + 10 * 5
    assert rescoring["tests"][0]["difference"] == pytest.approx(0.95 - 0.6)
    (faulty,) = result["corruption"]
    assert faulty["tests"][0]["difference"] == pytest.approx(0.5 - 0.6)


def test_a_faulty_log_with_further_candidates_is_compared_with_the_main_one(runs):
    variant = LogVariant("stale", 0.1, further=True)
    for seed in (1, 2):
        runs.add_variant("shared-rescored-stale-0.1", "shared", variant, run_of(seed, 0.7, LOG))
        runs.add_variant(
            "shared-share-1", "shared", LogVariant("share", 1.0), run_of(seed, 0.6, LOG)
        )
    result = cascade_result(composed_cascade(*OVERRIDES, "log.rescore=15"), runs, {}, {})
    found = {each["further"]: each["tests"][0]["difference"] for each in result["corruption"]}
    assert found == {0: pytest.approx(0.5 - 0.6), 15: pytest.approx(0.7 - 0.95)}
    assert list(result["shown_alone"]) == ["shared"]
    shares = [(each["model"], each["share"], each["further"]) for each in result["logged_share"]]
    alone = [("shared", 0.1, 0), ("shared", 1.0, 0)]
    assert shares == [*alone, ("auxiliary", 1.0, 15), ("shared", 1.0, 15)]
