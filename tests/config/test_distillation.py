"""The YAML of distillation composes to its dataclasses."""

import pytest
from tests.running import composed

from rankdistill.building import Component
from rankdistill.config.distillation import DistillationConfig, Sharpness


def test_every_method_that_is_chosen_is_there_by_its_name_as_a_component():
    cfg = composed("train", "data=synthetic", "distillation=[ranking,experts]").distillation
    assert type(cfg) is DistillationConfig
    assert set(cfg.methods) == {"ranking", "experts"}
    assert all(isinstance(method, Component) for method in cfg.methods.values())


def test_the_method_takes_the_length_of_the_ranking_and_the_sharpness_from_their_one_place():
    cfg = composed(
        *("train", "data=synthetic", "weighting=hybrid"),
        *("distillation.top_k=7", "sharpness.lambda_=2.5", "sharpness.mu=0.25"),
    )
    assert cfg.sharpness == Sharpness(lambda_=2.5, mu=0.25)
    method = cfg.distillation.methods["ranking"].settings
    assert method["top_k"] == cfg.distillation.top_k == 7
    assert (method["weighting"]["lambda_"], method["weighting"]["mu"]) == (2.5, 0.25)


def test_a_student_starts_at_random_unless_told_otherwise():
    assert composed("train", "data=synthetic").distillation.initialization is None
    told = composed("train", "data=synthetic", "initialization=teacher_factors")
    assert isinstance(told.distillation.initialization, Component)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["distillation.alpha=1.5"],
            r"alpha must lie in \[0, 1\].*distillation.loss_balance=offic",
        ),
        (["distillation.alpha=-0.1"], r"distillation.alpha must lie in \[0, 1\]"),
        (
            ["distillation.alpha=-1", "distillation.loss_balance=official"],
            "distillation.alpha must be a number from 0 up, got -1",
        ),
        (["distillation.loss_balance=offical"], "'offical'; did you mean 'official'"),
        (["~distillation.methods.ranking"], "distillation.methods is empty.*module=student"),
    ],
)
def test_a_distillation_that_makes_no_sense_is_refused_before_anything_is_made(overrides, message):
    with pytest.raises(ValueError, match=message):
        composed("train", "data=synthetic", *overrides)
