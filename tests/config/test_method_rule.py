"""The first rule whose conditions hold chooses the method."""

import pytest
from tests.running import composed

from rankdistill.config.method_rule import Circumstances, MethodRule, first_that_holds

SMALL = Circumstances(
    num_interactions=80_000,
    num_items=20_000,
    embedding_dim=10,
    by_place=False,
    softmax_student=True,
    softmax_teacher=True,
    teacher_scores_all=True,
)
FEW_ITEMS = SMALL._replace(num_items=10_000)
LARGE = SMALL._replace(num_interactions=800_000)


@pytest.fixture(scope="module")
def rules():
    return composed("train", "data=synthetic", "distillation=auto").method_rules


@pytest.mark.parametrize(
    ("found", "methods"),
    [
        (SMALL, ["plackett_luce"]),
        (SMALL._replace(softmax_teacher=False), ["plackett_luce"]),
        (SMALL._replace(embedding_dim=None), ["plackett_luce"]),
        (LARGE, ["rejuvenated_cross_entropy"]),
        (LARGE._replace(softmax_teacher=False), ["plackett_luce", "dual_correction"]),
        (LARGE._replace(by_place=True), ["ranking"]),
        (FEW_ITEMS, ["ease_assisted"]),
        (FEW_ITEMS._replace(num_interactions=800_000), ["ease_assisted"]),
        (FEW_ITEMS._replace(embedding_dim=2), ["ease_assisted"]),
        (FEW_ITEMS._replace(teacher_scores_all=False), ["plackett_luce"]),
        (FEW_ITEMS._replace(by_place=True), ["ranking"]),
    ],
)
def test_the_rules_choose_what_led_on_the_recorded_panels(rules, found, methods):
    assert rules[first_that_holds(rules, found)].methods == methods


def test_a_tiny_student_under_the_softmax_takes_larger_steps(rules):
    for known in (SMALL, FEW_ITEMS):
        tiny = known._replace(embedding_dim=2)
        rule = rules[first_that_holds(rules, tiny)]
        assert rule.training == {"learning_rate": 0.1, "weight_decay": 0.00001}
        for other in (tiny._replace(softmax_student=False), known):
            assert rules[first_that_holds(rules, other)].training == {}


def test_a_condition_holds_up_to_its_number_and_not_beyond():
    rule = MethodRule(
        interactions_from=100, embedding_dim_to=3, methods=["ranking"], alpha=0.5, top_k=5
    )
    fits = SMALL._replace(num_interactions=100, embedding_dim=3)
    assert rule.holds(fits)
    assert not rule.holds(fits._replace(num_interactions=99))
    assert not rule.holds(fits._replace(embedding_dim=4))
    assert not rule.holds(fits._replace(embedding_dim=None))
    few = MethodRule(items_to=7, teacher_scores_all=True, methods=["ranking"], alpha=0.5, top_k=5)
    fits = SMALL._replace(num_items=7)
    assert few.holds(fits)
    assert not few.holds(fits._replace(num_items=8))
    assert not few.holds(fits._replace(teacher_scores_all=False))


def test_rules_that_leave_a_case_out_are_refused():
    only = MethodRule(by_place=True, methods=["ranking"], alpha=0.5, top_k=5)
    with pytest.raises(ValueError, match="the last one must have no condition"):
        first_that_holds({"places": only}, SMALL)


def test_a_method_that_is_named_has_no_rules():
    assert composed("train", "data=synthetic").method_rules == {}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("method_rules.small.top_k=0", "method_rules.small.top_k must be at least 1, got 0"),
        ("method_rules.large.interactions_from=0", "interactions_from must be at least 1, or null"),
        ("+method_rules.small.topk=3", "did you mean 'method_rules.small.top_k'"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_its_key(override, message):
    with pytest.raises(ValueError, match=message):
        composed("train", "data=synthetic", "distillation=auto", override)
