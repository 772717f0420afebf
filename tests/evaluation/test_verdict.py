import pytest
from tests.reporting.made_comparison import made_comparison, made_none, made_test

from rankdistill.evaluation.gap import MAY_BE_CHANCE, NOT_BETTER
from rankdistill.evaluation.verdict import judge

MONITOR = "val/map@5"


def validated(comparison, model, values):
    """Set the values on validation of a model's runs."""
    summary = comparison["models"][model]
    for run, value in zip(summary["runs"], values, strict=True):
        run["metrics"][MONITOR] = value
    summary["mean"]["metrics"][MONITOR] = sum(values) / len(values)


def test_what_is_shipped_is_the_best_on_validation_whatever_test_says():
    comparison = made_comparison()
    validated(comparison, "distilled_student", [0.3, 0.7, 0.6])
    judged = judge(comparison, MONITOR)
    assert (judged["model"], judged["seed"]) == ("distilled_student", 1)  # 2 is best on test
    validated(comparison, "student", [0.6, 0.5, 0.6])
    judged = judge(comparison, MONITOR)
    assert (judged["model"], judged["seed"]) == ("student", 0)


def test_of_equals_the_distilled_student_and_the_first_seed_are_shipped():
    judged = judge(made_comparison(), MONITOR)
    assert (judged["model"], judged["seed"]) == ("distilled_student", 0)
    assert judged["times_smaller"] == pytest.approx(2_101_234 / 106_000)


def test_a_loss_is_shown_where_the_corrected_test_shows_it():
    judged = judge(made_comparison(), MONITOR)
    assert [(each["metric"], each["shown"]) for each in judged["against_teacher"]] == [
        ("map@5", True),
        ("ndcg@10", False),
        ("recall@10", None),  # there is no such test
    ]
    first = judged["against_teacher"][0]
    assert (first["own"], first["teacher"]) == pytest.approx((0.19, 0.21))
    assert judged["gap"] == {"metric": "map@5", "closed": 2 / 3, "reason": None}


def test_a_test_before_the_correction_shows_no_loss():
    comparison = made_comparison()
    comparison["tests"] = [
        made_test("map@5", "distilled_student", "teacher", -0.02, -0.04, 0.001, 0.03, 0.09)
    ]
    assert judge(comparison, MONITOR)["against_teacher"][0]["shown"] is False


def test_a_plain_student_is_set_against_the_lead_of_the_teacher():
    comparison = made_comparison()
    validated(comparison, "student", [0.9] * 3)
    lead = {"difference": 0.06, "ci_low": 0.04, "ci_high": 0.08}
    comparison["gap_closed"]["map@5"]["lead"] = lead
    shown = [each["shown"] for each in judge(comparison, MONITOR)["against_teacher"]]
    assert shown == [True, False, True]
    comparison["gap_closed"]["map@5"]["lead"] = None
    assert judge(comparison, MONITOR)["against_teacher"][0]["shown"] is None


@pytest.mark.parametrize("reason", [MAY_BE_CHANCE, NOT_BETTER])
def test_the_reason_for_a_gap_without_percentage_is_passed_on(reason):
    comparison = made_comparison()
    comparison["gap_closed"]["map@5"] = made_none(reason, 0.0002, -0.001, 0.0014)
    gap = judge(comparison, MONITOR)["gap"]
    assert gap == {"metric": "map@5", "closed": None, "reason": reason}


@pytest.mark.parametrize(
    ("epochs", "told"), [([3, 4, 30], 4), ([5, 5, 2], None), ([1, 1, 1], 1), ([None] * 3, None)]
)
def test_a_teacher_that_stopped_after_few_epochs_in_most_runs_is_told(epochs, told):
    comparison = made_comparison()
    for run, epoch in zip(comparison["models"]["teacher"]["runs"], epochs, strict=True):
        run["best_epoch"] = epoch
    assert judge(comparison, MONITOR)["teacher_epochs"] == told


def test_a_teacher_in_closed_form_has_not_stopped_early():
    comparison = made_comparison()
    for run in comparison["models"]["teacher"]["runs"]:
        run |= {"best_epoch": 1, "embedding_dim": None}
    assert judge(comparison, MONITOR)["teacher_epochs"] is None


def test_without_the_usual_metrics_the_others_are_judged():
    comparison = made_comparison()
    gap = comparison["gap_closed"].pop("map@5")
    comparison |= {"gap_closed": {"hit_rate@50": gap}, "tests": []}
    for summary in comparison["models"].values():
        summary["mean"]["metrics"]["test/hit_rate@50"] = 0.5
    (judged,) = judge(comparison, MONITOR)["against_teacher"]
    assert judged == {"metric": "hit_rate@50", "own": 0.5, "teacher": 0.5, "shown": None}


@pytest.mark.parametrize(
    ("gap", "epochs", "model", "advice"),
    [
        ({}, None, "distilled_student", None),
        ({"value": 0.49}, None, "distilled_student", "tune"),
        ({}, None, "student", "tune"),
        ({"value": None, "reason": MAY_BE_CHANCE}, None, "student", "nothing_to_gain"),
        ({"value": None, "reason": MAY_BE_CHANCE}, 4, "student", "tune_teacher"),
        ({"value": None, "reason": NOT_BETTER}, None, "distilled_student", "tune_teacher"),
        ({}, 3, "distilled_student", "tune_teacher"),
    ],
)
def test_the_advice_begins_with_the_teacher(gap, epochs, model, advice):
    comparison = made_comparison()
    validated(comparison, model, [0.9] * 3)
    no_lead = {"difference": 0.0, "ci_low": -0.1, "ci_high": 0.1}
    comparison["gap_closed"]["map@5"] |= {**gap, "lead": no_lead}
    for run in comparison["models"]["teacher"]["runs"]:
        run["best_epoch"] = epochs
    assert judge(comparison, MONITOR)["advice"] == advice
