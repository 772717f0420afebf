"""Replayed steps do what plain steps do, and nothing that does otherwise is trusted."""

import logging

import pytest
import torch
from tests.draws.made_draws import seeded_draws
from tests.modules.recorded_calls import CallRecorder, use
from tests.stacks.made_stacks import (
    configurations,
    fitted_alone,
    fitted_together,
    modules_of,
    plain_data,
    weighed,
)

from rankdistill.modules.captured_steps import CapturedSteps

FEW = ["trainer.max_epochs=4", "trainer.patience=9", "training.learning_rate=0.03125"]
"""The step size has few digits: on a device it is kept in single precision."""

KINDS = {
    "softmax": ["module=student", "ranking_loss=softmax"],
    "bpr": ["module=student", "ranking_loss=bpr"],
    "pointwise": ["module=student", "ranking_loss=pointwise"],
    "position": ["ranking_loss=softmax", "weighting=position"],
    "position, bpr": ["ranking_loss=bpr", "weighting=position"],
    "own target": [
        "ranking_loss=bpr",
        "weighting=position",
        "distillation.methods.ranking.exclude_seen=false",
    ],
    "hybrid": ["ranking_loss=softmax", "distillation.weighting.warmup_epochs=2"],
    "plackett_luce": ["ranking_loss=softmax", "distillation=[plackett_luce]"],
    "soft_targets, bpr": ["ranking_loss=bpr", "distillation=[soft_targets]"],
    "two methods": ["ranking_loss=softmax", "distillation=[plackett_luce,soft_targets]"],
    "falling rate": ["module=student", "ranking_loss=bpr", "training.decay_epochs=4"],
}


def trained(settings, folder, data=plain_data):
    datamodule = data()
    (cfg,) = cfgs = configurations([*FEW, *settings], [""])
    (module,) = modules_of(cfgs, datamodule)
    return fitted_alone(module, cfg, datamodule, folder)


def assert_as_plain(found, plain):
    assert found.error is None is plain.error
    assert len(found.curves) == len(plain.curves)
    for mine, expected in zip(found.curves, plain.curves, strict=True):
        assert mine == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_replayed_steps_train_the_model_that_plain_steps_train(kind, monkeypatch, tmp_path):
    plain = trained(KINDS[kind], tmp_path / "plain")
    recorder = CallRecorder()
    use(recorder, monkeypatch)
    found = trained(KINDS[kind], tmp_path / "replayed")
    assert recorder.replays > 0
    assert_as_plain(found, plain)


JOBS = [
    "weighting=hybrid seed.initialization=1 distillation.weighting.warmup_epochs=1",
    "weighting=hybrid seed.initialization=2 distillation.weighting.warmup_epochs=1 sharpness.mu=1",
    "weighting=hybrid seed.initialization=3 distillation.top_k=3 distillation.alpha=0.7"
    " distillation.weighting.warmup_epochs=1",
    "weighting=hybrid seed.sampling=4 distillation.weighting.warmup_epochs=1"
    " training.decay_epochs=2",
]


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["softmax", "bpr"])
def test_a_stack_replays_its_steps_and_records_anew_once_jobs_have_left(loss, monkeypatch):
    cfgs = configurations([*FEW, f"ranking_loss={loss}"], JOBS)
    plain = fitted_together(cfgs, weighed(plain_data()))
    recorder = CallRecorder()
    use(recorder, monkeypatch)
    found = fitted_together(cfgs, weighed(plain_data()))
    for one, expected in zip(found, plain, strict=True):
        assert_as_plain(one, expected)
    warm_up, afterwards, without_the_fourth = recorder.recordings
    assert all(each.replays > 1 for each in (warm_up, afterwards, without_the_fourth))
