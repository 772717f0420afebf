from tests.reporting.made_comparison import made_comparison

from rankdistill.evaluation.earlier_comparison import in_present_form
from rankdistill.evaluation.gap import MAY_BE_CHANCE, NOT_BETTER


def earlier(**changes):
    comparison = made_comparison() | changes
    for test in comparison["tests"]:
        del test["confidence"]
    return comparison


def test_a_percentage_without_interval_becomes_a_reason():
    gaps = {
        "map@5": {"value": -15.86, "ci_low": None, "ci_high": None},
        "ndcg@10": {"value": None, "ci_low": None, "ci_high": None},
        "recall@10": {"value": 0.5, "ci_low": 0.4, "ci_high": 0.6},
    }
    found = in_present_form(earlier(gap_closed=gaps))["gap_closed"]
    reasons = [(gap["value"], gap["reason"]) for gap in found.values()]
    assert reasons == [(None, MAY_BE_CHANCE), (None, NOT_BETTER), (0.5, None)]


def test_intervals_are_corrected_and_p_values_stay():
    before = earlier()
    after = in_present_form(before)["tests"]
    for old, new in zip(before["tests"], after, strict=True):
        assert (new["metric"], new["p_value"]) == (old["metric"], old["p_value"])
        assert new["ci_low"] <= old["ci_low"]
        assert new["ci_high"] >= old["ci_high"]
    assert after[0]["ci_low"] < before["tests"][0]["ci_low"]
    assert after[0]["confidence"] == 1 - 0.05 / 3


def test_the_present_form_stays_as_it_is():
    assert in_present_form(made_comparison()) == made_comparison()
