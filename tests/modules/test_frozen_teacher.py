from dataclasses import replace

import pytest
import torch
from tests.running import SMALL_DISTILLED, composed, small_datamodule

from rankdistill.histories.contexts import Contexts
from rankdistill.modules.frozen_teacher import FrozenTeacher
from rankdistill.runs.models import make_model, make_teacher, teacher_kind
from rankdistill.runs.teacher_store import obtain_teacher
from rankdistill.runs.trainer import make_trainer


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def configured(tmp_path, *overrides):
    small = [text for text in SMALL_DISTILLED if not text.startswith("size@")]
    return composed("train", *small, f"teacher.store={tmp_path}", *overrides)


def test_a_teacher_in_closed_form_is_solved_on_the_training_part_alone(tmp_path, datamodule):
    cfg = configured(tmp_path, "teacher=ease", "teacher.backbone.l2=5")
    teacher = obtain_teacher(cfg, datamodule, "teacher")
    train = datamodule.split.train
    expected = torch.zeros(train.num_users, train.num_items)
    expected[train.user_ids, train.item_ids] = 1
    found = teacher.backbone.pairs.indicators(torch.arange(train.num_users), train.num_items)
    torch.testing.assert_close(found, expected)
    assert teacher.result is not None
    assert teacher.result.fields["best_epoch"] == 1
    assert teacher.result.fields["backbone"] == "Ease"


def test_a_network_that_learns_by_gradient_is_not_left_as_it_was_initialised(tmp_path, datamodule):
    cfg = configured(tmp_path, "teacher=ease")
    cfg.teacher.backbone = cfg.backbone
    module = make_teacher(cfg, datamodule)
    assert isinstance(module, FrozenTeacher)
    trainer = make_trainer(cfg.trainer, cfg.evaluation.monitor, tmp_path, "teacher")
    with pytest.raises(ValueError, match=r"MatrixFactorization learns by gradient; give.*ranking_"):
        trainer.fit(module, datamodule=datamodule)


@pytest.mark.slow
def test_an_ensemble_scores_with_members_that_the_store_keeps_one_by_one(tmp_path, datamodule):
    cfg = configured(tmp_path, "teacher=ensemble", "size@teacher.members.first=d4")
    ensemble = obtain_teacher(cfg, datamodule, "teacher").backbone
    alone = {
        name: obtain_teacher(replace(cfg, teacher=member), datamodule, name).backbone
        for name, member in cfg.teacher.members.items()
    }
    folders = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert len(folders) == 3, "the ensemble and its two members"
    users = Contexts(torch.arange(10))
    for name, backbone in alone.items():
        torch.testing.assert_close(
            ensemble.members[name].score_rows(users), backbone.score_rows(users)
        )


@pytest.mark.slow
def test_a_student_can_be_distilled_from_either(tmp_path, datamodule):
    for teacher in ("ease", "ensemble"):
        cfg = configured(tmp_path, f"teacher={teacher}", "distillation=[plackett_luce]", "top_k=k5")
        backbone = obtain_teacher(cfg, datamodule, "teacher").backbone
        module = make_model(cfg, datamodule, backbone)
        folder = tmp_path / f"student-{teacher}"
        trainer = make_trainer(cfg.trainer, cfg.evaluation.monitor, folder, "student")
        trainer.fit(module, datamodule=datamodule)
        assert trainer.current_epoch == 2


def test_a_method_that_needs_embeddings_refuses_a_teacher_without_by_name(tmp_path, datamodule):
    cfg = configured(tmp_path, "teacher=ease", "distillation=[topology]")
    module = make_model(cfg, datamodule, None)
    with pytest.raises(ValueError, match=r"distillation=topology compares.*the teacher Ease has"):
        module.check(datamodule.split.train, teacher_kind(cfg))
