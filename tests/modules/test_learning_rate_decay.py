"""The learning rate that falls to zero over a planned number of epochs."""

import pytest
import pytorch_lightning as pl
from tests.running import SMALL, composed

from rankdistill.runs.fit import fit_and_test
from rankdistill.runs.models import make_datamodule, make_student
from rankdistill.runs.trainer import make_trainer


class Rates(pl.Callback):
    """Notes the rate that every epoch learns at."""

    def __init__(self):
        self.seen = []

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if batch_idx == 0:
            self.seen.append(trainer.optimizers[0].param_groups[0]["lr"])


def rates(folder, *overrides):
    cfg = composed("train", *SMALL, "module=student", "training.learning_rate=0.08", *overrides)
    datamodule = make_datamodule(cfg)
    module = make_student(cfg, datamodule)
    noted = Rates()
    monitor = cfg.evaluation.monitor
    trainer = make_trainer(cfg.trainer, monitor, folder, "", module.decay_epochs, [noted])
    trainer.fit(module, datamodule=datamodule)
    return noted.seen


def fitted(cfg, datamodule, folder):
    module, monitor = make_student(cfg, datamodule), cfg.evaluation.monitor
    return fit_and_test(module, datamodule, cfg.trainer, monitor, cfg.seed, folder, "").fields


def test_the_rate_falls_in_equal_steps_and_training_ends_where_it_would_be_zero(tmp_path):
    seen = rates(tmp_path, "trainer.max_epochs=50", "training.decay_epochs=4")
    assert seen == pytest.approx([0.08, 0.06, 0.04, 0.02])


def test_fewer_epochs_take_the_rate_all_the_way_down(tmp_path):
    seen = rates(tmp_path, "trainer.max_epochs=2", "training.decay_epochs=4")
    assert seen == pytest.approx([0.08, 0.04])


def test_without_decay_the_rate_stays(tmp_path):
    seen = rates(tmp_path, "trainer.max_epochs=3", "trainer.patience=100")
    assert seen == pytest.approx([0.08] * 3)


@pytest.mark.slow
def test_validation_does_not_end_a_falling_rate_and_selects_the_epoch_unless_told_not_to(tmp_path):
    cfg = composed("train", *SMALL, "module=student", "training.learning_rate=0.3")
    cfg.trainer.max_epochs, cfg.trainer.patience, cfg.trainer.least_steps = 30, 1, 0
    datamodule = make_datamodule(cfg)
    stopped = fitted(cfg, datamodule, tmp_path / "stays")
    cfg.training.decay_epochs = 12
    decayed = fitted(cfg, datamodule, tmp_path / "falls")
    assert stopped["epochs"] < 12
    assert decayed["epochs"] == 12
    assert decayed["best_epoch"] < 12  # at this rate the first epochs are the best
    cfg.trainer.keep = "last"
    assert fitted(cfg, datamodule, tmp_path / "last")["best_epoch"] == 12
