"""What is said of a training whose numbers are not finite."""

import math

from rankdistill.modules.diverged import loss_not_finite, scores_not_finite


def test_scores_that_are_not_finite_are_told_with_what_to_change():
    error = scores_not_finite("lower the learning rate.")
    assert isinstance(error, FloatingPointError)
    assert str(error) == (
        "The model's scores are not all finite: it has diverged; lower the learning rate."
    )


def test_a_loss_that_is_not_finite_is_told_with_its_epoch():
    error = loss_not_finite(math.inf, 3, "lower the learning rate.")
    assert isinstance(error, FloatingPointError)
    assert str(error) == "The training loss is inf in epoch 3; lower the learning rate."
