"""A model's configuration has what its module asks for, and nothing of distillation without one."""

import pytest
from tests.running import composed

from rankdistill.building import Component
from rankdistill.config.model import StudentConfig

OF_DISTILLATION = ("teacher", "student", "sharpness", "distillation")


@pytest.mark.parametrize("module", ["student", "teacher"])
def test_a_model_that_learns_from_no_teacher_has_nothing_of_distillation(module):
    cfg = composed("train", "data=synthetic", f"module={module}")
    assert [getattr(cfg, name) for name in OF_DISTILLATION] == [None] * 4


def test_a_distilled_student_is_compared_with_a_plain_one_that_learns_as_it_does():
    cfg = composed("train", "data=synthetic", "training.learning_rate=0.125")
    assert cfg.student == StudentConfig(
        backbone=cfg.backbone, training=cfg.training, store="outputs/students"
    )
    assert cfg.student.training.learning_rate == 0.125
    assert None not in [getattr(cfg, name) for name in OF_DISTILLATION]


def test_parts_that_are_built_are_components():
    cfg = composed("train", "data=synthetic", "ranking_loss=bpr")
    for name in ("module", "data", "split", "backbone", "ranking_loss", "negatives"):
        assert isinstance(getattr(cfg, name), Component), name
    assert cfg.allow_targets == []
