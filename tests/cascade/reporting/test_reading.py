import pytest

from rankdistill.cascade.reporting.reading import cascade_reading
from tests.cascade.reporting.made_cascade import made_cascade, made_test

RECALL = "recall_of_final@20_in_100"
BETTER, WORSE, UNCLEAR = (0.04, 0.001), (-0.04, 0.001), (0.002, 0.4)


def result_with(shared, auxiliary, between=None, ce=None):
    """A result whose tests of recall say what is given; "corruption" is empty."""
    result = made_cascade()
    result["corruption"] = []
    result["tests"] = [
        made_test(model, "none", RECALL, difference, p, difference / 0.62)
        for model, (difference, p) in (("shared", shared), ("auxiliary", auxiliary))
    ]
    if between:
        result["tests"].append(made_test("shared", "auxiliary", RECALL, *between, None))
    for model, (difference, p) in (ce or {}).items():
        result["tests"].append(made_test(model, "none", "ce", difference, p, difference / 0.4))
    return result


def test_the_change_is_told_with_its_figures():
    assert cascade_reading(result_with(BETTER, UNCLEAR)).startswith(
        "The shared form raises recall of final's top 20 in 100, no change is shown for the "
        "auxiliary form: .6321 with users alone, .8060 with the shared form (+6.5%, p = .001) and "
        ".7329 with the auxiliary form (+0.3%, p = .4)."
    )


@pytest.mark.parametrize(
    ("shared", "auxiliary", "start"),
    [
        (BETTER, BETTER, "The shared form and the auxiliary form raise recall of final's top 20"),
        (WORSE, WORSE, "The shared form and the auxiliary form lower recall of final's top 20"),
        (BETTER, WORSE, "The shared form raises recall of final's top 20 in 100, the auxiliary "),
        (WORSE, UNCLEAR, "The shared form lowers recall of final's top 20 in 100, no change is "),
        (UNCLEAR, UNCLEAR, "No change of recall of final's top 20 in 100 is shown for the shared"),
    ],
)
def test_every_outcome_has_its_words(shared, auxiliary, start):
    assert cascade_reading(result_with(shared, auxiliary)).startswith(start)


@pytest.mark.parametrize(
    ("shared", "auxiliary", "between", "advice"),
    [
        (BETTER, UNCLEAR, None, "The figures speak for the shared form."),
        (WORSE, BETTER, None, "The figures speak for the auxiliary form."),
        (UNCLEAR, UNCLEAR, None, "do not carry teacher labels here: train on users alone."),
        (WORSE, WORSE, None, "do not carry teacher labels here: train on users alone."),
        (BETTER, BETTER, None, "for either form; no difference between the two on recall of "),
        (BETTER, BETTER, (0.001, 0.6), "in 100 is shown (p = .6)."),
        (BETTER, BETTER, (0.04, 0.01), "for either form, and for the shared form before the other"),
        (BETTER, BETTER, (-0.04, 0.01), "and for the auxiliary form before the other: on recall"),
    ],
)
def test_the_advice_rests_on_the_tests_alone(shared, auxiliary, between, advice):
    assert advice in cascade_reading(result_with(shared, auxiliary, between))


def test_the_form_that_is_held_against_the_other_may_be_either():
    result = result_with(BETTER, BETTER)
    result["tests"].append(made_test("auxiliary", "shared", RECALL, -0.04, 0.01, None))
    assert "and for the shared form before the other" in cascade_reading(result)


def test_what_a_form_loses_on_users_is_its_price():
    result = result_with(BETTER, UNCLEAR, ce={"shared": (0.0012, 0.004)})
    text = cascade_reading(result)
    assert (
        "for the shared form, at the price of .0012 nats (+0.3%) of CE on user labels with the "
        "shared form." in text
    )
    assert "The shared form raises CE (less is better): .4000 with users alone" in text


@pytest.mark.parametrize("ce", [(-0.01, 0.001), (0.01, 0.2)])
def test_a_gain_on_users_or_a_loss_that_may_be_chance_is_no_price(ce):
    assert "price" not in cascade_reading(result_with(BETTER, UNCLEAR, ce={"shared": ce}))


def test_a_form_that_gains_at_one_cut_and_loses_at_the_other_is_not_carried():
    result = result_with(BETTER, UNCLEAR)
    result["tests"].append(made_test("shared", "none", "ndcg@10_after_100", -0.01, 0.01, -0.1))
    assert "train on users alone" in cascade_reading(result)


@pytest.mark.parametrize("tests", [[], None])
def test_without_tests_no_form_is_preferred(tests):
    result = made_cascade()
    result["tests"], result["corruption"] = tests, []
    text = cascade_reading(result)
    assert "no form is preferred" in text
    assert "raise" not in text
    assert "speak for" not in text


def test_the_needed_cuts_are_told_and_where_none_was_found():
    result = result_with(BETTER, UNCLEAR)
    assert (
        "Items to keep for 99% of the final ranker's own NDCG@10: 41.0 ± 1.5 with users alone, "
        "35.2 ± 1.5 with the auxiliary form (-14%) and 30.5 ± 1.5 with the shared form (-26%)."
    ) in cascade_reading(result)
    assert (
        "Items to keep for 90% of the final ranker's top 20: 82.0 with users alone, "
        "70.5 with the auxiliary form (-14%) and 61.0 with the shared form (-26%)."
    ) in cascade_reading(result)
    result["needed_cut"]["models"]["none"] = {"mean": None, "std": None, "runs": []}
    assert "more than was measured with users alone" in cascade_reading(result)


def with_stale(losses, carried=(BETTER, BETTER)):
    """Tests of 50% stale rows: loss of recall and p by form."""
    result = result_with(*carried)
    result["corruption"] = [
        {
            "model": model,
            "kind": "stale",
            "share": share,
            "tests": [made_test(model, model, RECALL, -loss * share, p, None)],
        }
        for share in (0.1, 0.5)
        for model, (loss, p) in losses.items()
    ]
    return result


def test_where_stale_rows_hurt_the_shared_form_alone_the_auxiliary_is_to_be_taken():
    text = cascade_reading(with_stale({"auxiliary": (0.01, 0.5), "shared": (0.1, 0.001)}))
    assert text.endswith(
        "With 50% of the rows stale and not marked as such, the shared form is worse by .0500 on "
        "recall of final's top 20 in 100 (p = .001); no loss against the clean log is shown for "
        "the auxiliary form. The auxiliary form keeps user labels apart from teacher scores and is "
        "the one to take where scores may go wrong unnoticed."
    )


@pytest.mark.parametrize(
    ("losses", "carried", "verdict"),
    [
        ({"auxiliary": (0.01, 0.5), "shared": (0.01, 0.5)}, (BETTER, BETTER), "are thus no reason"),
        ({"auxiliary": (0.1, 0.01), "shared": (0.1, 0.01)}, (BETTER, BETTER), "Neither form is"),
        (
            {"auxiliary": (0.1, 0.01), "shared": (0.01, 0.5)},
            (BETTER, BETTER),
            "The shared form is the one to take where scores may go wrong unnoticed.",
        ),
        # Not shown to lose, yet by its figure it loses as much; or there is nothing to gain by it.
        ({"auxiliary": (0.2, 0.06), "shared": (0.1, 0.01)}, (BETTER, BETTER), "does not tell"),
        ({"auxiliary": (0.01, 0.5), "shared": (0.1, 0.01)}, (BETTER, UNCLEAR), "does not tell"),
    ],
)
def test_every_outcome_of_stale_rows_has_its_verdict(losses, carried, verdict):
    text = cascade_reading(with_stale(losses, carried))
    assert verdict in text
    assert text.count("where scores may go wrong unnoticed") <= 1


def test_rows_that_are_seen_to_be_wrong_are_told_apart_from_stale_ones():
    text = cascade_reading(made_cascade())
    assert (
        "With 10% of the rows marked invalid, no loss against the clean log is shown for the "
        "auxiliary form and the shared form." in text
    )
    assert "With 10% of the rows invalid and not marked, no loss" in text
    assert "With 50% of the rows stale" in text


def test_a_form_alone_has_its_losses_told_without_a_verdict():
    text = cascade_reading(with_stale({"shared": (0.1, 0.001)}))
    assert text.endswith(
        "the shared form is worse by .0500 on recall of final's top 20 in 100 (p = .001)."
    )
