"""A teacher that takes no gradient: solved in closed form, put together, or trained before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from rankdistill.data.batches import UserBatch, UserBatches
from rankdistill.modules.ranker import Ranker


class FrozenTeacher(Ranker):
    """A teacher whose backbone is complete before the only epoch, which changes nothing.

    Args:
        **ranker: See Ranker.
    """

    role = "teacher"
    batches = UserBatches
    stride = 1

    def __init__(self, **ranker: Any):
        super().__init__(**ranker)
        self.batch_size: int = ranker["num_users"]
        self.automatic_optimization = False

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Stochastic descent of step size zero: Lightning asks for an optimiser."""
        return torch.optim.SGD(self.parameters(), lr=0.0)

    def on_fit_start(self) -> None:
        """Refuse a backbone that would stay as it was initialised."""
        if any(weight.requires_grad for weight in self.backbone.parameters()):
            name = type(self.backbone).__name__
            raise ValueError(f"{name} learns by gradient; give the teacher a ranking_loss.")

    def training_step(self, stride: Sequence[UserBatch], batch_idx: int) -> None:
        """Nothing is left to learn; Lightning keeps a checkpoint only after a step."""
        optimizer = self.optimizers()
        assert not isinstance(optimizer, list)
        optimizer.step()

    def on_train_epoch_end(self) -> None:
        """One epoch is enough."""
        self.trainer.should_stop = True
