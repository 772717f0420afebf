import pytest
import torch
from tests.draws.made_draws import seeded_draws
from tests.running import SMALL_DISTILLED, composed, small_datamodule

from rankdistill.modules.student import Student
from rankdistill.runs.models import make_student


@pytest.mark.slow
def test_a_plain_student_learns_from_the_ranking_loss_alone_though_a_teacher_is_configured():
    cfg, datamodule = composed("train", *SMALL_DISTILLED), small_datamodule()
    student = make_student(cfg, datamodule)
    assert type(student) is Student
    assert student.hparams["backbone"]["embedding_dim"] == 2
    train = datamodule.split.train
    (batch, *_) = student.batches(train, 64, seeded_draws())
    (view,) = student.views([batch])
    losses = student.losses(view, batch)
    assert list(losses) == ["loss"]
    assert torch.equal(losses["loss"], student.objective(view, batch))
