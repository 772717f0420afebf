"""LightGCN from configuration to checkpoint: as a student, and as the teacher of another."""

import pytest
import torch
from tests.running import SMALL, SMALL_DISTILLED, composed, small_datamodule

from rankdistill.backbones.lightgcn import LightGCN
from rankdistill.histories.contexts import Contexts
from rankdistill.runs.checkpoints import load_backbone, read_checkpoint
from rankdistill.runs.fit import fit_and_test
from rankdistill.runs.models import make_model, make_student
from rankdistill.runs.teacher_store import obtain_teacher

TABLES = (80 + 60) * 8 * 4  # bytes


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


def fitted(module, cfg, datamodule, folder):
    monitor = cfg.evaluation.monitor
    return fit_and_test(module, datamodule, cfg.trainer, monitor, cfg.seed, folder, "model")


def test_the_best_epoch_is_two_tables_that_rank_as_training_measured(tmp_path, datamodule):
    cfg = composed("train", *SMALL, "module=student", "backbone=lightgcn", "size=d8")
    cfg.trainer.max_epochs = 1
    module = make_student(cfg, datamodule)
    while_training = []
    module.on_train_end = lambda: while_training.append(
        float(module.trainer.callback_metrics["val/map@5"])
    )
    result = fitted(module, cfg, datamodule, tmp_path)
    assert while_training == [result.fields["metrics"]["val/map@5"]]
    assert result.fields["weights_bytes"] == TABLES
    path = tmp_path / "model.ckpt"
    loaded = load_backbone(read_checkpoint(path), path)
    users = Contexts(torch.arange(80))
    assert torch.equal(loaded.score_rows(users), module.backbone.score_rows(users))


@pytest.mark.slow
def test_a_graph_teacher_hands_its_ranking_to_a_graph_student(tmp_path, datamodule):
    cfg = composed(
        "train",
        *SMALL_DISTILLED,
        "backbone=lightgcn",
        "backbone@teacher=lightgcn",
        f"teacher.store={tmp_path / 'teachers'}",
    )
    teacher = obtain_teacher(cfg, datamodule, "teacher").backbone
    assert isinstance(teacher, LightGCN)
    module = make_model(cfg, datamodule, teacher)
    result = fitted(module, cfg, datamodule, tmp_path / "student")
    assert result.fields["parameters"] == (80 + 60) * 2
    assert not any(table.requires_grad for table in teacher.parameters())
