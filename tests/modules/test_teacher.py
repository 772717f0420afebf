import torch
from tests.draws.made_draws import seeded_draws
from tests.running import SMALL_DISTILLED, composed, small_datamodule

from rankdistill.modules.teacher import Teacher
from rankdistill.runs.models import make_teacher


def test_a_teacher_learns_from_the_ranking_loss_alone_with_settings_of_its_own():
    cfg, datamodule = composed("train", *SMALL_DISTILLED), small_datamodule()
    teacher = make_teacher(cfg, datamodule)
    assert type(teacher) is Teacher
    assert teacher.hparams["backbone"]["embedding_dim"] == 8
    train = datamodule.split.train
    (batch, *_) = teacher.batches(train, 64, seeded_draws())
    (view,) = teacher.views([batch])
    losses = teacher.losses(view, batch)
    assert list(losses) == ["loss"]
    assert torch.equal(losses["loss"], teacher.objective(view, batch))
