from dataclasses import fields, replace

import pytest
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from tests.running import SMALL, composed

from rankdistill.runs.early_stopping import StopsAfterSteps
from rankdistill.runs.interrupts import InterruptBetweenBatches
from rankdistill.runs.progress import EpochBar
from rankdistill.runs.trainer import make_trainer, shaping_settings


def settings(*overrides):
    return composed("train", *SMALL, "module=student", *overrides).trainer


def kinds(trainer):
    return {type(callback) for callback in trainer.callbacks}


class Recorded:
    """Settings that remember which of them were read."""

    def __init__(self, settings):
        self.settings = settings
        self.read = set()

    def __getattr__(self, name):
        self.read.add(name)
        return getattr(self.settings, name)


def test_every_setting_of_the_trainer_is_read(tmp_path):
    settings = Recorded(composed("train", *SMALL, "module=student").trainer)
    make_trainer(settings, "val/map@5", tmp_path, "student")
    assert settings.read == {each.name for each in fields(settings.settings)}


@pytest.mark.parametrize("chosen", ["medium", "highest"])
def test_matrix_products_are_as_exact_as_the_trainer_says(chosen, tmp_path):
    settings = composed("train", *SMALL, f"trainer.matmul_precision={chosen}").trainer
    before = torch.get_float32_matmul_precision()
    try:
        make_trainer(settings, "val/map@5", tmp_path, "student")
        assert torch.get_float32_matmul_precision() == chosen
    finally:
        torch.set_float32_matmul_precision(before)


def test_a_falling_rate_ends_training_and_nothing_else_does(tmp_path):
    config = settings("trainer.max_epochs=9")
    stays = make_trainer(config, "val/map@5", tmp_path, "student")
    falls = make_trainer(config, "val/map@5", tmp_path, "student", decay_epochs=4)
    assert (stays.max_epochs, falls.max_epochs) == (9, 4)
    assert StopsAfterSteps in kinds(stays)
    assert StopsAfterSteps not in kinds(falls)
    assert make_trainer(config, "val/map@5", tmp_path, "", decay_epochs=20).max_epochs == 9


@pytest.mark.parametrize("mode", ["max", "min"])
def test_patience_and_checkpoint_follow_one_metric_in_one_direction(mode, tmp_path):
    trainer = make_trainer(settings(), "val/loss", tmp_path, "student", mode=mode)
    (stopping,) = [each for each in trainer.callbacks if isinstance(each, StopsAfterSteps)]
    (kept,) = [each for each in trainer.callbacks if isinstance(each, ModelCheckpoint)]
    assert (stopping.monitor, stopping.mode) == (kept.monitor, kept.mode) == ("val/loss", mode)
    assert kept.format_checkpoint_name({}) == str(tmp_path / "model.ckpt")


def test_the_last_epoch_is_kept_of_a_falling_rate_where_that_is_wanted(tmp_path):
    def monitor_of(keep, decay_epochs):
        trainer = make_trainer(
            settings(f"trainer.keep={keep}"), "val/map@5", tmp_path, "", decay_epochs
        )
        return trainer.checkpoint_callback.monitor

    assert monitor_of("last", 4) is None
    assert monitor_of("best", 4) == monitor_of("last", None) == "val/map@5"


@pytest.mark.slow
def test_a_bar_is_shown_where_asked_and_ctrl_c_is_always_minded(tmp_path):
    silent = make_trainer(settings(), "val/map@5", tmp_path, "student")
    shown = make_trainer(settings("trainer.progress=true"), "val/map@5", tmp_path, "student")
    assert kinds(shown) - kinds(silent) == {EpochBar}
    assert InterruptBetweenBatches in kinds(silent)


@pytest.mark.slow
def test_where_auto_finds_no_accelerator_more_processes_than_cores_bear_are_refused(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    config = settings("trainer.accelerator=auto", "trainer.devices=100000")
    with pytest.raises(ValueError, match=r"trainer\.devices must lie between 1 and .* got 100000"):
        make_trainer(config, "val/map@5", tmp_path, "student")


@pytest.mark.slow
def test_usual_settings_leave_no_trace_in_what_shapes_weights_and_others_do():
    exact = settings("trainer.matmul_precision=highest")
    listed = {
        "max_epochs": 2,
        "patience": exact.patience,
        "least_steps": exact.least_steps,
        "precision": "32-true",
    }
    assert shaping_settings(exact) == listed
    coarse = replace(exact, matmul_precision="medium", threads=2, progress=True)
    assert shaping_settings(coarse) == {**listed, "matmul_precision": "medium"}
    assert shaping_settings(replace(exact, keep="last")) == {**listed, "keep": "last"}
