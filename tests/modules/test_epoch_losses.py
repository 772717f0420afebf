from types import SimpleNamespace
from typing import cast

import pytest
import pytorch_lightning as pl
import torch

from rankdistill.modules.epoch_losses import EpochLosses, draw_epoch


def steps_of(*losses):
    return [{"loss": torch.tensor(loss), "ranking_loss": torch.tensor(2 * loss)} for loss in losses]


def test_every_step_weighs_alike_however_the_steps_come_in():
    apart, together = EpochLosses(), EpochLosses()
    for steps in (steps_of(1.0), steps_of(2.0, 6.0)):
        apart.add(steps)
    together.add(steps_of(1.0, 2.0, 6.0))
    expected = {"train/loss": torch.tensor(3.0), "train/ranking_loss": torch.tensor(6.0)}
    assert apart.means(0, "") == expected
    assert together.means(0, "") == expected


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), -float("inf")])
def test_one_loss_that_is_not_finite_ends_in_the_epoch_and_the_advice(loss):
    losses = EpochLosses()
    losses.add(steps_of(1.0, loss, 1.0))
    with pytest.raises(FloatingPointError, match=rf"loss is {loss} in epoch 4; lower the rate\.$"):
        losses.means(4, "lower the rate.")


class Points:
    """A logger that remembers what it draws."""

    def __init__(self):
        self.drawn = []

    def log_metrics(self, metrics, step):
        self.drawn.append((metrics, step))


def module_with(logger):
    return cast(pl.LightningModule, SimpleNamespace(logger=logger, current_epoch=2))


def test_the_points_of_the_third_epoch_are_numbers_at_three():
    points = Points()
    draw_epoch(module_with(points), {"train/loss": torch.tensor(0.5)})
    assert points.drawn == [({"train/loss": 0.5}, 3)]


def test_without_a_logger_nothing_is_drawn():
    draw_epoch(module_with(None), {"train/loss": torch.tensor(0.5)})
