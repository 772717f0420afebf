import warnings

import pytest
from tests.running import composed

from rankdistill.config.without_effect import warn_of_settings_without_effect


def warn(*overrides: str) -> None:
    warn_of_settings_without_effect(composed("train", "data=synthetic", *overrides), overrides)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ("weighting=position", "sharpness.mu=0.5"),
            "sharpness.mu=0.5 has no effect: PositionWeighting reads no μ",
        ),
        (
            ("weighting=uniform", "sharpness.lambda_=3"),
            "sharpness.lambda_=3 has no effect: UniformWeighting reads no λ",
        ),
        (
            ("module=student", "negatives=popularity"),
            "negatives=popularity has no effect: Softmax samples no negatives",
        ),
        (
            ("distillation=[soft_targets]", "top_k=k5"),
            "top_k=k5 has no effect: soft_targets reads no top_k",
        ),
        (
            ("distillation=[soft_targets,unbiased]", "distillation.top_k=5"),
            "distillation.top_k=5 has no effect: soft_targets, unbiased reads no top_k",
        ),
    ],
)
def test_a_setting_that_nothing_reads_is_warned_of(overrides, message):
    with pytest.warns(UserWarning, match=message):
        warn(*overrides)


@pytest.mark.parametrize(
    "overrides",
    [
        ("weighting=hybrid", "sharpness.mu=0.5", "sharpness.lambda_=3", "top_k=k5"),
        ("ranking_loss=bpr", "negatives=popularity"),
        ("ranking_loss@teacher=bpr", "negatives=popularity"),
        ("distillation=[soft_targets,plackett_luce]", "top_k=k5"),
    ],
)
def test_a_setting_that_something_reads_is_not(overrides):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn(*overrides)


def test_numbers_that_rules_choose_are_warned_of():
    message = r"top_k=k5 has no effect: distillation=auto chooses it.*distillation=\[plackett_luce"
    with pytest.warns(UserWarning, match=message):
        warn("distillation=auto", "top_k=k5")


def test_steps_that_rules_may_choose_are_warned_of_where_the_student_is_small_enough():
    typed = ("distillation=auto", "training.learning_rate=0.02")
    with pytest.warns(UserWarning, match=r"learning_rate=0.02 may have no effect.*of 2 dimensions"):
        warn("size=d2", *typed)
    warn("size=d10", *typed)
