"""Keep a trajectory while a teacher is trained: weights of some earlier epochs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytorch_lightning as pl
from torch import Tensor

from rankdistill.files import replacing
from rankdistill.modules.ranker import Ranker
from rankdistill.runs.tensor_files import save_tensors

TRAJECTORY = "trajectory.ckpt"
"""Weights of earlier epochs, first to last; those of the kept epoch are in model.ckpt."""


class KeepsTrajectory(pl.Callback):
    """Keeps weights of epochs while a model is trained, in the memory of the host.

    How long training lasts is not known before. So every epoch is kept at first, and whenever too
    many have gathered, every other one is dropped, and every other one to come.

    Args:
        length: Of the trajectory, with the trained network.

    Attributes:
        kept: Weights by epoch, from 0; at most 2 * length + 1 of them.
    """

    def __init__(self, length: int):
        self.length, self._stride = length, 1
        self.kept: dict[int, dict[str, Tensor]] = {}

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep the weights of the epoch, if it is one of those to keep."""
        assert isinstance(pl_module, Ranker)
        epoch = trainer.current_epoch
        if epoch % self._stride:
            return
        state = pl_module.backbone.state_dict()
        self.kept[epoch] = {name: tensor.detach().cpu().clone() for name, tensor in state.items()}
        if len(self.kept) > 2 * self.length:
            self._stride *= 2
            self.kept = {e: weights for e, weights in self.kept.items() if e % self._stride == 0}

    def write(self, folder: Path, best_epoch: int) -> None:
        """Write the trajectory that leads to an epoch.

        Args:
            folder: Of the run.
            best_epoch: The epoch that its checkpoint holds, from 0.
        """
        epochs = spread_epochs(list(self.kept), best_epoch, self.length - 1)
        networks = [self.kept[epoch] for epoch in epochs]
        with replacing(folder / TRAJECTORY) as temporary:
            save_tensors({"epochs": epochs, "networks": networks}, temporary)


def spread_epochs(kept: Sequence[int], best_epoch: int, count: int) -> list[int]:
    """Choose epochs that lie evenly between the first and the best one, which is left out.

    Args:
        kept: The epochs to choose from.
        best_epoch: Where the trajectory ends.
        count: How many; fewer are chosen where there are not so many before the best one.
    """
    wanted = [best_epoch * place / count for place in range(count)]
    before = [epoch for epoch in kept if epoch < best_epoch]
    nearest = {min(before, key=lambda epoch: abs(epoch - want)) for want in wanted if before}
    return sorted(nearest)
