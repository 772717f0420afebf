import pytest
from tests.cascade.reporting.made_cascade import (
    early_metrics,
    made_cascade,
    made_model,
    made_test,
    with_rescoring,
)

from rankdistill.cascade.reporting.findings import findings

RECALL = "recall_of_final@20_in_100"
BETTER, WORSE, UNCLEAR = (0.04, 0.001), (-0.04, 0.001), (0.002, 0.4)


def result_with(shared, auxiliary, metric=RECALL):
    """A result with one test of each form against users alone, and no faulty log."""
    result = made_cascade()
    result["corruption"] = []
    result["tests"] = [
        made_test(model, "none", metric, *difference_and_p, None)
        for model, difference_and_p in (("shared", shared), ("auxiliary", auxiliary))
    ]
    return result


@pytest.mark.parametrize(
    ("shared", "auxiliary", "sentence"),
    [
        (
            BETTER,
            BETTER,
            "shared (+.0400, p = .001) and auxiliary (+.0400, p = .001) are better.",
        ),
        (
            BETTER,
            WORSE,
            "shared (+.0400, p = .001) is better; auxiliary (-.0400, p = .001) is worse.",
        ),
        (
            WORSE,
            UNCLEAR,
            "shared (-.0400, p = .001) is worse; "
            "auxiliary (+.0020, p = .4) is not shown to differ.",
        ),
        (
            UNCLEAR,
            UNCLEAR,
            "shared (+.0020, p = .4) and auxiliary (+.0020, p = .4) are not shown to differ.",
        ),
    ],
)
def test_a_finding_says_what_its_tests_show_and_no_more(shared, auxiliary, sentence):
    first, *_ = findings(result_with(shared, auxiliary))
    assert first == f"Compared with none on recall of final's top 20 in 100, {sentence}"


def test_less_of_a_loss_is_better():
    first, *_ = findings(result_with(WORSE, BETTER, "ce"))
    assert first.endswith(
        " on CE, shared (-.0400, p = .001) is better; auxiliary (+.0400, p = .001) is worse."
    )


def test_without_tests_nothing_is_said_to_differ():
    result = made_cascade()
    result["tests"], result["corruption"], result["walk_forward"] = [], [], []
    text = " ".join(findings(result))
    assert "better" not in text
    assert "worse" not in text


def test_the_final_ranker_is_not_compared_as_a_student():
    result = made_cascade()
    result["tests"] = [made_test("final_ranker", "none", "ce", -0.01, 0.001, None)]
    assert not [finding for finding in findings(result) if "final_ranker" in finding]


def test_the_needed_cuts_are_told_and_where_none_was_found():
    result = made_cascade()
    assert (
        "Items to keep for 99% of the final ranker's NDCG@10: 41.0 with none, "
        "35.2 with auxiliary and 30.5 with shared."
    ) in list(findings(result))
    assert (
        "Items to keep for 90% of the final ranker's top 20: 82.0 with none, "
        "70.5 with auxiliary and 61.0 with shared."
    ) in list(findings(result))
    result["needed_cut"]["models"]["none"] = {"mean": None, "std": None, "runs": []}
    assert "more than was measured with none" in " ".join(findings(result))


def test_every_faulty_log_has_one_finding():
    result = made_cascade()
    result["corruption"].sort(key=lambda each: each["model"])  # the order in a run
    found = [finding for finding in findings(result) if "clean log" in finding]
    assert [finding.partition(",")[0] for finding in found] == [
        "With 10% of the logged rows marked invalid",
        "With 10% of the logged rows invalid and not marked",
        "With 10% of the logged rows stale and not marked",
        "With 50% of the logged rows stale and not marked",
    ]
    assert found[3].endswith(
        ", compared with the clean log on recall of final's top 20 in 100, auxiliary (-.0080, "
        "p = .6) is not shown to differ; shared (-.0600, p = .002) is worse."
    )


def test_a_faulty_log_with_further_candidates_is_told_after_those_without():
    result = made_cascade()
    entry = next(each for each in result["corruption"] if each["model"] == "shared")
    result["corruption"].append({**entry, "further": 100})
    *_, last = [finding for finding in findings(result) if "clean log" in finding]
    assert last == (
        "With 10% of the logged rows marked invalid and 100 further candidates of each request, "
        "compared with the clean log on recall of final's top 20 in 100, shared (-.0020, p = .6) "
        "is not shown to differ."
    )


def test_the_part_of_the_gain_that_a_smaller_log_keeps_is_told():
    found = [finding for finding in findings(made_cascade()) if " logged, of " in finding]
    assert [finding.partition(" logged")[0] for finding in found] == ["With 1%", "With 10%"]
    # The gain at 50 rests on 1 - exp(-(1 + 8 * lift) / 2), and a third or two thirds of the lift.
    assert found[0].endswith(
        "in recall auxiliary 35% at 50 and 37% at 100 and shared 37% at 50 and 41% at 100 is left."
    )


def test_a_smaller_log_with_further_candidates_is_compared_with_the_whole_log_that_has_them():
    result = with_rescoring(made_cascade(1))
    smaller = {**made_model(early_metrics(0.04), 60_000, 1), "share": 0.01, "further": 200}
    whole = {**result["models"]["shared"], "share": 1.0, "further": 200}
    result["logged_share"] = [{**each, "model": "shared"} for each in (smaller, whole)]
    (found,) = [finding for finding in findings(result) if " logged and " in finding]
    # At 50 (1 - exp(-.16)) / (1 - exp(-.32)) is left, at 100 (1 - exp(-.32)) / (1 - exp(-.64)).
    assert found == (
        "With 1% logged and 200 further candidates of each request, of the whole log's gain over "
        "none in recall shared 54% at 50 and 58% at 100 is left."
    )


def test_a_log_without_peeking_has_its_finding():
    (found,) = [each for each in findings(made_cascade()) if each.startswith("Logged by")]
    assert found == (
        "Logged by rankers of 4 stretches, compared with the log of one ranker that saw "
        "everything on recall of final's top 20 in 100, auxiliary (-.0100, p = .003) and shared "
        "(-.0100, p = .003) are worse."
    )


def test_further_candidates_have_their_finding():
    result = with_rescoring(made_cascade())
    (found,) = [each for each in findings(result) if each.startswith("With further")]
    assert found.endswith("shared (+.0300, p = .001) is better.")


def test_a_single_seed_is_said_aloud():
    assert not [finding for finding in findings(made_cascade(3)) if "one seed" in finding]
    assert [finding for finding in findings(made_cascade(1)) if "one seed" in finding]
