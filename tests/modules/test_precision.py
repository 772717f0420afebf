"""Every method in every precision that the README names."""

from unittest import mock

import pytest
import torch
from tests.running import SMALL, SMALL_DISTILLED, composed, small_datamodule

from rankdistill.conf_path import conf_dir
from rankdistill.runs.models import make_model, make_teacher
from rankdistill.runs.trainer import make_trainer

FEW_ITEMS = {
    "dual_correction": ["pool=20", "num_corrections=5"],
    "plackett_luce": ["item_side=true", "items_per_batch=8"],
    "rejuvenated_cross_entropy": ["top_k=5", "num_sampled=5", "pool=20"],
}
METHODS = sorted(path.stem for path in (conf_dir() / "distillation").glob("*.yaml"))


def configured(method, *overrides):
    settings = [f"distillation.methods.{method}.{each}" for each in FEW_ITEMS.get(method, ())]
    chosen = (f"distillation=[{method}]", "top_k=k10", "trainer.max_epochs=2")
    return composed("train", *SMALL_DISTILLED, *chosen, *settings, *overrides)


def training_loss(cfg, folder):
    """Of the last epoch."""
    datamodule = small_datamodule()
    torch.manual_seed(0)
    module = make_model(cfg, datamodule, make_teacher(cfg, datamodule).backbone)
    drawn = {}
    trainer = make_trainer(cfg.trainer, cfg.evaluation.monitor, folder, "model")
    draw = "rankdistill.modules.recommender.draw_epoch"
    with mock.patch(draw, lambda _, values: drawn.update(values)):
        trainer.fit(module, datamodule=datamodule)
    return drawn["train/loss"].item()


@pytest.mark.slow
@pytest.mark.parametrize("ranking_loss", ["bpr", "softmax"])
@pytest.mark.parametrize("method", METHODS)
def test_a_method_learns_in_half_precision_what_it_learns_in_single(method, ranking_loss, tmp_path):
    losses = {
        precision: training_loss(
            configured(method, f"ranking_loss={ranking_loss}", f"trainer.precision={precision}"),
            tmp_path / precision,
        )
        for precision in ("32-true", "bf16-mixed", "bf16-true")
    }
    for precision in ("bf16-mixed", "bf16-true"):
        assert losses[precision] == pytest.approx(losses["32-true"], rel=0.05), losses


def test_users_are_ranked_in_single_precision_where_training_mixes(tmp_path):
    datamodule = small_datamodule()
    cfg = composed("train", *SMALL, "module=student", "trainer.precision=bf16-mixed")
    module = make_model(cfg, datamodule, None)
    seen = []
    score_rows = module.backbone.score_rows
    module.backbone.score_rows = lambda users: seen.append(scores := score_rows(users)) or scores
    trainer = make_trainer(cfg.trainer, cfg.evaluation.monitor, tmp_path, "model")
    trainer.validate(module, datamodule=datamodule, verbose=False)
    assert {scores.dtype for scores in seen} == {torch.float32}
