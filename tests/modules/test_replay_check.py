"""Rounding is let pass; losses, gradients, moves and counts that differ are named."""

import pytest
import torch

from rankdistill.modules.replay_check import difference_of_replay
from rankdistill.modules.step_state import StepState


def state(weights, moments, counts=(3.0, 17.0)):
    """Two tables of two weights."""
    tables = [[torch.as_tensor(each) for each in part] for part in (weights, moments)]
    squares = [torch.ones(2) for _ in weights]
    return StepState(*tables, squares, [torch.tensor(count) for count in counts])


BEFORE = state([[1.0, 1.0], [2.0, 2.0]], [[0.0, 0.0], [0.0, 0.0]], (2.0, 9.0))
MOMENTS = [[0.1, -0.2], [1e-9, 0.0]]
PLAIN = state([[0.9, 1.1], [1.9, 2.0]], MOMENTS)
LOSSES = {"loss": torch.tensor(0.5)}


def difference(replay, losses=LOSSES):
    return difference_of_replay(BEFORE, (PLAIN, LOSSES), (replay, losses))


def test_what_adam_makes_of_rounded_gradients_is_let_pass():
    """The second table's gradient is noise, whose sign moves a weight one way or the other."""
    rounded = [[0.1 + 1e-6, -0.2], [-1e-9, 0.0]]
    replay = state([[0.9 + 1e-4, 1.1], [2.1, 2.0]], rounded)
    assert difference(replay, {"loss": torch.tensor(0.5 + 1e-5)}) is None


def test_numbers_that_are_not_finite_in_both_are_alike():
    broken = state([[torch.nan, 1.1], [1.9, 2.0]], [[torch.nan, -0.2], [0.0, 0.0]])
    losses = {"loss": torch.tensor(torch.nan)}
    assert difference_of_replay(BEFORE, (broken, losses), (broken, losses)) is None


@pytest.mark.parametrize(
    ("replay", "loss", "said"),
    [
        (state(PLAIN.weights, MOMENTS), 0.51, "a replay gave another loss"),
        (state(PLAIN.weights, [[0.1, -0.19], [0.0, 0.0]]), 0.5, "a replay gave other gradients"),
        (state([[0.9, 1.0], [1.9, 2.0]], MOMENTS), 0.5, "a replay moved weights otherwise"),
        (state(PLAIN.weights, MOMENTS, (2.0, 17.0)), 0.5, "a replay counted steps or draws"),
        (state(PLAIN.weights, MOMENTS, (3.0, 18.0)), 0.5, "a replay counted steps or draws"),
        (state(PLAIN.weights, [[torch.nan, -0.2], [0.0, 0.0]]), 0.5, "a replay gave other"),
    ],
)
def test_what_differs_is_named(replay, loss, said):
    found = difference(replay, {"loss": torch.tensor(loss)})
    assert found is not None
    assert found.startswith(said)
