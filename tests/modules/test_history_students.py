"""Every method and every ranking loss with a student and a teacher that read histories."""

import pytest
import torch
from tests.draws.made_draws import seeded_draws
from tests.running import SMALL, SMALL_DISTILLED, composed, small_datamodule

from rankdistill.conf_path import conf_dir
from rankdistill.modules.batch_scores import BatchScores
from rankdistill.runs.models import make_model, make_student, make_teacher
from rankdistill.runs.teacher_store import obtain_teacher
from rankdistill.runs.trainer import make_trainer

METHODS = sorted(path.stem for path in (conf_dir() / "distillation").glob("*.yaml"))


@pytest.fixture(scope="module")
def datamodule():
    return small_datamodule()


@pytest.mark.slow
@pytest.mark.parametrize(
    "groups",
    [
        ("ranking_loss=gbce",),
        ("ranking_loss=sampled_softmax",),
        ("ranking_loss=sampled_softmax", "ranking_loss.shared=true", "negatives=popularity"),
    ],
)
def test_it_learns_from_a_teacher_beside_losses_of_many_negatives(groups, datamodule, tmp_path):
    networks = ("backbone=fism", "backbone@teacher=fism")
    cfg = composed("train", *SMALL_DISTILLED, *networks, *groups)
    teacher, train = make_teacher(cfg, datamodule), datamodule.split.train
    teacher.prepare(train, seeded_draws())
    module = make_model(cfg, datamodule, teacher.backbone)
    trainer = make_trainer(cfg.trainer, cfg.evaluation.monitor, tmp_path, "model")
    trainer.fit(module, datamodule=datamodule)
    assert all(bool(weights.isfinite().all()) for weights in module.parameters())


@pytest.mark.slow
@pytest.mark.parametrize("ranking_loss", ["pointwise", "bpr", "softmax"])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_teaches_it_beside_every_loss(method, ranking_loss, datamodule, tmp_path):
    groups = (f"distillation=[{method}]", f"ranking_loss={ranking_loss}", "trainer.max_epochs=1")
    networks = ("backbone=fism", "backbone@teacher=fism")
    cfg = composed("train", *SMALL_DISTILLED, *groups, *networks)
    teacher, train = make_teacher(cfg, datamodule), datamodule.split.train
    teacher.prepare(train, seeded_draws())
    module = make_model(cfg, datamodule, teacher.backbone)
    before = module.backbone.history_embedding.weight.detach().clone()
    trainer = make_trainer(cfg.trainer, cfg.evaluation.monitor, tmp_path, "model")
    trainer.fit(module, datamodule=datamodule)
    assert not torch.equal(before, module.backbone.history_embedding.weight)
    assert all(bool(weights.isfinite().all()) for weights in module.parameters())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("student", "teacher"),
    [
        ("sasrec", "teacher=ease"),
        ("sasrec", "teacher=sasrec_d64"),
        ("fism", "teacher=sasrec_d64"),
        ("matrix_factorization", "teacher=sasrec_d64"),
    ],
)
def test_any_teacher_teaches_any_student(student, teacher, datamodule, tmp_path):
    groups = ("split=leave_last_out", "trainer.max_epochs=1", "distillation=[soft_targets]")
    networks = (f"backbone={student}", "ranking_loss=softmax", teacher)
    store = f"teacher.store={tmp_path / 'store'}"
    cfg = composed("train", *SMALL, "size=d2", *groups, *networks, store)
    module = make_model(cfg, datamodule, obtain_teacher(cfg, datamodule, "teacher").backbone)
    trainer = make_trainer(cfg.trainer, cfg.evaluation.monitor, tmp_path, "model")
    trainer.fit(module, datamodule=datamodule)
    assert all(bool(weights.isfinite().all()) for weights in module.parameters())


@pytest.mark.slow
@pytest.mark.parametrize("method", ["plackett_luce", "dual_correction"])
def test_the_item_side_ranks_users_by_their_histories(method, datamodule, tmp_path):
    sided = f"distillation.methods.{method}.item_side=true"
    overrides = (f"distillation=[{method}]", sided, "backbone=fism", "trainer.max_epochs=1")
    cfg = composed("train", *SMALL_DISTILLED, *overrides)
    module = make_model(cfg, datamodule, make_teacher(cfg, datamodule).backbone)
    trainer = make_trainer(cfg.trainer, cfg.evaluation.monitor, tmp_path, "model")
    trainer.fit(module, datamodule=datamodule)
    assert all(bool(weights.isfinite().all()) for weights in module.parameters())


def test_all_views_of_a_batch_share_one_draw_of_what_is_dropped(datamodule):
    cfg = composed("train", *SMALL_DISTILLED, "backbone=fism", "ranking_loss=bpr")
    module = make_student(cfg, datamodule)
    module.prepare(datamodule.split.train, seeded_draws())
    batch = next(iter(module.batches(datamodule.split.train, 64, seeded_draws())))
    scores = BatchScores.of(module.backbone, batch)
    users = scores.distinct_users
    places = torch.searchsorted(users.contexts.user_ids, batch.contexts.user_ids)
    items = batch.positive_items[:, None]
    torch.testing.assert_close(scores.of_items(items), users.rows()[places].gather(1, items))
