"""Every method in every precision that the README names."""

import pytest
import torch
from tests.running import SMALL_DISTILLED, composed, small_datamodule

from rankdistill.conf_path import conf_dir
from rankdistill.runs.fit import make_trainer
from rankdistill.runs.models import make_model, make_teacher

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
    module.draw = drawn.update
    make_trainer(cfg["trainer"], cfg["evaluation"]["monitor"], folder, "model").fit(
        module, datamodule=datamodule
    )
    return drawn["train/loss"].item()


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
