from dataclasses import replace

import pytest
import torch
from tests.running import SMALL, SMALL_DISTILLED, composed, small_datamodule

from rankdistill.backbones.matrix_factorization import MatrixFactorization
from rankdistill.building import Component
from rankdistill.config.model import StudentConfig
from rankdistill.modules.distilled_student import DistilledStudent
from rankdistill.modules.frozen_teacher import FrozenTeacher
from rankdistill.modules.student import Student
from rankdistill.modules.teacher import Teacher
from rankdistill.runs.models import (
    make_datamodule,
    make_model,
    make_student,
    make_teacher,
    teacher_kind,
)


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def test_every_setting_of_the_data_and_the_evaluation_reaches_the_datamodule():
    cfg = composed("train", *SMALL, "module=student", "evaluation.user_block=7", "seed.split=3")
    datamodule = make_datamodule(cfg)
    assert datamodule.user_block == 7
    assert datamodule.split.fingerprint == small_datamodule(split_seed=3).split.fingerprint


def test_the_module_is_the_one_that_is_named(datamodule):
    distilled = make_model(composed("train", *SMALL_DISTILLED), datamodule, None)
    plain = make_model(composed("train", *SMALL, "module=student"), datamodule, None)
    assert type(distilled) is DistilledStudent
    assert type(plain) is Student
    assert "distillation" in distilled.hparams
    assert "distillation" not in plain.hparams


@pytest.mark.slow
def test_a_teacher_without_a_ranking_loss_is_solved(datamodule):
    learned, solved = composed("train", *SMALL_DISTILLED), composed("train", *SMALL, "teacher=ease")
    assert type(make_teacher(learned, datamodule)) is Teacher
    assert type(make_teacher(solved, datamodule)) is FrozenTeacher


def test_only_the_checkpoint_tells_the_network_of_a_teacher_from_elsewhere():
    assert teacher_kind(composed("train", *SMALL_DISTILLED)) is MatrixFactorization
    given = composed("train", *SMALL_DISTILLED, "teacher.checkpoint=mine/model.ckpt")
    assert teacher_kind(given) is None


def test_the_seed_of_initialisation_alone_decides_how_a_model_starts(datamodule):
    cfg = composed("train", *SMALL_DISTILLED)

    def start(**seeds):
        seeded = replace(cfg, seed=replace(cfg.seed, **seeds))
        torch.rand(3)  # what was drawn before does not matter
        return make_student(seeded, datamodule).backbone.state_dict()

    first = start()
    torch.testing.assert_close(start(sampling=9), first, atol=0, rtol=0)
    other = start(initialization=9)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_both_students_of_a_comparison_start_alike(datamodule):
    cfg = composed("compare", *SMALL_DISTILLED)
    plain, distilled = make_student(cfg, datamodule), make_model(cfg, datamodule, None)
    torch.testing.assert_close(
        plain.backbone.state_dict(), distilled.backbone.state_dict(), atol=0, rtol=0
    )


def test_the_plain_student_learns_by_settings_of_its_own_where_it_has_some(datamodule):
    cfg = composed("compare", *SMALL_DISTILLED, "training.learning_rate=0.5")
    shared = make_model(cfg, datamodule, None).hparams
    for key in ("backbone", "learning_rate"):
        assert make_student(cfg, datamodule).hparams[key] == shared[key]
    cfg.student = StudentConfig(
        store="students",
        backbone=Component.of({**cfg.backbone.node, "init_std": 0.25}),
        training=replace(cfg.training, learning_rate=0.125),
    )
    plain = make_student(cfg, datamodule).hparams
    assert (plain["backbone"]["init_std"], plain["learning_rate"]) == (0.25, 0.125)
    assert make_model(cfg, datamodule, None).hparams["learning_rate"] == 0.5
    assert shared["backbone"]["init_std"] != 0.25


def test_a_model_remembers_the_data_that_it_is_for_and_not_where_they_lie(datamodule):
    cfg = composed("train", *SMALL, "module=student", "seed.split=3")
    data = make_student(cfg, datamodule).hparams["data"]
    assert data["fingerprint"] == datamodule.fingerprint
    assert data["split_fingerprint"] == datamodule.split.fingerprint
    assert data["split_seed"] == 3
    assert data["config"]["data"]["num_users"] == 80
