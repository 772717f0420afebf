"""The mean losses of a training epoch, checked and drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import pytorch_lightning as pl
import torch
from torch import Tensor

from rankdistill.kernels.placement import read_together
from rankdistill.modules.diverged import loss_not_finite


class EpochLosses:
    """Adds up the losses of an epoch's steps on the device, so that no step waits for the host."""

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._num_steps = 0

    def add(self, steps: Sequence[Mapping[str, Tensor]]) -> None:
        """Add the detached losses of some steps; each has ``loss``, and all have equal names."""
        for name in steps[0]:
            total = torch.stack([losses[name] for losses in steps]).sum()
            self._sums[name] = self._sums.get(name, 0.0) + total
        self._num_steps += len(steps)

    def means(
        self, epoch: int, advice: str, reduce: Callable[[Tensor], Tensor] | None = None
    ) -> dict[str, Tensor]:
        """The mean of each loss over the steps, named as it is drawn: ``train/loss``.

        They are read from the device together.

        Args:
            epoch: Its number, for the message.
            advice: What to change where training has diverged; the end of the message.
            reduce: Averages over processes; None: there is one.

        Raises:
            FloatingPointError: If the loss is not finite.
        """
        own = torch.stack(tuple(self._sums.values())) / self._num_steps
        (means,) = read_together([own if reduce is None else reduce(own)])
        named = {f"train/{name}": mean for name, mean in zip(self._sums, means, strict=True)}
        if not math.isfinite(loss := float(named["train/loss"])):
            raise loss_not_finite(loss, epoch, advice)
        return named


def draw_epoch(module: pl.LightningModule, values: Mapping[str, Tensor]) -> None:
    """Draw one point per epoch, so that curves of different batch sizes lie side by side."""
    if module.logger is not None:
        points = {name: float(value) for name, value in values.items()}
        module.logger.log_metrics(points, step=module.current_epoch + 1)
