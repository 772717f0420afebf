"""All that a step of training changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.optim import Optimizer

from rankdistill.draws.draws import Draws


class StepState(NamedTuple):
    """Tensors that a step changes in their places.

    Attributes:
        weights: Of every parameter.
        moments: Adam's running means of their gradients.
        squares: Adam's running means of squares.
        counts: Adam's counts of steps, and how much was drawn.
    """

    weights: Sequence[Tensor]
    moments: Sequence[Tensor]
    squares: Sequence[Tensor]
    counts: Sequence[Tensor]

    @classmethod
    def of(cls, optimizer: Optimizer, draws: Draws) -> StepState:
        """Find the tensors of an Adam that has taken a step, and of what is drawn from."""
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        kept = [optimizer.state[weight] for weight in weights]
        moments, squares, steps = (
            [each[name] for each in kept] for name in ("exp_avg", "exp_avg_sq", "step")
        )
        return cls([each.detach() for each in weights], moments, squares, [*steps, draws.drawn])

    def copied(self) -> StepState:
        """Make a copy that lies elsewhere."""
        return StepState(*([each.clone() for each in part] for part in self))

    @torch.no_grad()
    def put(self, values: StepState) -> None:
        """Copy values to the places of these tensors."""
        for part, own in zip(self, values, strict=True):
            for tensor, value in zip(part, own, strict=True):
                tensor.copy_(value)
