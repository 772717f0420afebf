"""What a stack reaches for a model becomes what training alone leaves."""

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tests.running import SMALL, composed, small_datamodule

from rankdistill.runs.checkpoints import CHECKPOINT, read_checkpoint
from rankdistill.runs.fit import fit_and_test
from rankdistill.runs.models import make_student
from rankdistill.runs.stacked_fits import (
    StackedFit,
    draw_fit,
    in_host_memory,
    refuse_failed,
)


def made_fit(**changed):
    settings = {
        "weights": {"table": torch.tensor([[1.0, 2.0]])},
        "best_epoch": 1,
        "curves": [{"train/loss": 0.5, "val/map@5": 0.1}, {"train/loss": 0.4, "val/map@5": 0.2}],
        "seconds": 1.5,
        "steps_in_epoch": 7,
    }
    return StackedFit(**{**settings, **changed})


def points_of(folder, name):
    events = EventAccumulator(str(folder))
    events.Reload()
    return [(point.step, round(point.value, 6)) for point in events.Scalars(name)]


def test_a_failure_is_raised_by_who_takes_the_fit():
    with pytest.raises(FloatingPointError, match="it has diverged"):
        refuse_failed(made_fit(weights={}, error="it has diverged"))
    refuse_failed(made_fit())


def test_curves_have_a_point_for_each_epoch_from_the_first(tmp_path):
    draw_fit(tmp_path, made_fit())
    assert points_of(tmp_path, "train/loss") == [(1, 0.5), (2, 0.4)]
    assert points_of(tmp_path, "val/map@5") == [(1, 0.1), (2, 0.2)]


def test_weights_are_copied_without_their_gradient():
    table = torch.nn.Parameter(torch.ones(2))
    copied = in_host_memory({"table": table})["table"]
    assert not copied.requires_grad


def adopted(folder, **changed):
    datamodule = small_datamodule()
    cfg = composed("train", *SMALL, "module=student")
    module = make_student(cfg, datamodule)
    weights = in_host_memory(module.backbone.state_dict())
    result = fit_and_test(
        module,
        datamodule,
        cfg.trainer,
        cfg.evaluation.monitor,
        cfg.seed,
        folder,
        "student",
        stacked=made_fit(weights=weights, **changed),
    )
    return result, weights


def test_a_fit_that_is_handed_over_is_measured_and_not_trained_again(tmp_path):
    result, weights = adopted(tmp_path)
    fields = result.fields
    assert (fields["best_epoch"], fields["epochs"], fields["fit_seconds"]) == (2, 2, 1.5)
    checkpoint = read_checkpoint(tmp_path / CHECKPOINT)
    assert (checkpoint["epoch"], checkpoint["global_step"]) == (1, 14)
    for name, tensor in weights.items():
        assert torch.equal(checkpoint["state_dict"][f"backbone.{name}"], tensor)
    assert points_of(tmp_path, "train/loss") == [(1, 0.5), (2, 0.4)]


def test_a_job_that_failed_in_a_stack_leaves_its_curves_and_no_result(tmp_path):
    with pytest.raises(FloatingPointError, match="it has diverged"):
        adopted(tmp_path, error="it has diverged")
    assert not (tmp_path / "metrics.json").exists()
    assert points_of(tmp_path, "train/loss") == [(1, 0.5), (2, 0.4)]
