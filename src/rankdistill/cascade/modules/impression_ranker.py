"""The LightningModule of a ranker that learns from impressions with a label per task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from rankdistill.building import build
from rankdistill.cascade.data.examples import ExampleBatch
from rankdistill.cascade.data.vocabulary import Vocabulary
from rankdistill.cascade.networks.teacher_labels import soft_label_loss
from rankdistill.modules.epoch_losses import EpochLosses, draw_epoch

Network = TypeVar("Network", bound=nn.Module)


class ImpressionRanker(pl.LightningModule, ABC, Generic[Network]):
    """A network trained by binary cross-entropy on user labels.

    All arguments but ``further`` are primitives, so that a checkpoint loads with
    ``weights_only=True``.

    Args:
        network: ``_target_`` and settings of the network.
        vocabulary: Kinds and sizes of the features, by name.
        learning_rate: AdamW's step size.
        weight_decay: AdamW's decay, decoupled from the step's gradient.
        batch_size: Requests in a batch.
        decay_epochs: None: the learning rate stays. A number: it falls linearly to zero over the
            epochs of the trainer.
        seed: Seed of the order of batches.
        data: What the module was trained on: ``fingerprint``, and the configuration that makes it.
        tasks: Names of what is predicted of an impression.
        further: What the network is given beside its settings.
        allow_targets: Further module prefixes that ``_target_`` may name.
    """

    role: str
    monitor = "val/cross_entropy"
    """What chooses the epoch; less is better."""

    def __init__(
        self,
        network: Mapping[str, Any],
        vocabulary: Mapping[str, Any],
        learning_rate: float,
        weight_decay: float,
        batch_size: int,
        decay_epochs: int | None,
        seed: int,
        data: Mapping[str, Any],
        tasks: Sequence[str],
        further: Mapping[str, Any] | None = None,
        allow_targets: tuple[str, ...] = (),
    ):
        super().__init__()
        self.save_hyperparameters(ignore=["further", "allow_targets"])
        if learning_rate <= 0 or weight_decay < 0 or batch_size < 1:
            raise ValueError(
                "learning_rate and batch_size must be positive and weight_decay not negative, got "
                f"{learning_rate}, {batch_size} and {weight_decay}."
            )
        self.network: Network = build(
            network,
            allow=allow_targets,
            vocabulary=Vocabulary(**vocabulary),
            num_tasks=len(tasks),
            **(further or {}),
        )
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.batch_size, self.seed = batch_size, seed
        self.tasks, self.decay_epochs = tuple(tasks), decay_epochs

    @abstractmethod
    def logits(self, batch: ExampleBatch) -> Tensor:
        """(n, tasks) logits of a batch's user labels."""

    def losses(self, batch: ExampleBatch) -> dict[str, Tensor]:
        """All losses of a batch by name; ``loss`` is the one to minimise."""
        return {"loss": soft_label_loss(self.logits(batch), batch.labels, batch.label_weights)}

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Fused AdamW over every parameter."""
        return self.optimizers_over(self.parameters(), self.trainer.max_epochs)

    def optimizers_over(
        self, parameters: Iterable[nn.Parameter], epochs: int | None
    ) -> OptimizerLRScheduler:
        """Fused AdamW over some parameters, and how its rate falls.

        Args:
            parameters: What is learned.
            epochs: Of the trainer: the rate reaches zero however few they are.
        """
        optimizer = torch.optim.AdamW(
            parameters, lr=self.learning_rate, weight_decay=self.weight_decay, fused=True
        )
        if self.decay_epochs is None:
            return optimizer
        assert epochs is not None
        schedule = LambdaLR(optimizer, lambda epoch: max(1 - epoch / epochs, 0.0))
        return {"optimizer": optimizer, "lr_scheduler": schedule}

    def on_train_epoch_start(self) -> None:
        """Start the sums of the epoch's losses."""
        self._epoch_losses = EpochLosses()

    def training_step(self, batch: ExampleBatch, batch_idx: int) -> Tensor:
        """The loss of one batch."""
        losses = self.losses(batch)
        self._epoch_losses.add([{name: value.detach() for name, value in losses.items()}])
        return losses["loss"]

    def on_train_epoch_end(self) -> None:
        """Draw the epoch's mean losses; stop at once if they are not finite."""
        draw_epoch(self, self._epoch_losses.means(self.current_epoch, self.advice))

    @property
    def advice(self) -> str:
        """What to change where training has diverged."""
        return f"lower the learning rate (now {self.learning_rate})."

    def on_validation_epoch_start(self) -> None:
        """Start the sums of the validation losses."""
        self._log_losses = torch.zeros(len(self.tasks), dtype=torch.float64, device=self.device)
        self._weight = 0.0

    def validation_step(self, batch: ExampleBatch, batch_idx: int) -> None:
        """Add the cross-entropies of a batch."""
        self._log_losses += self.cross_entropies(batch)
        self._weight += batch.label_weight

    def cross_entropies(self, batch: ExampleBatch) -> Tensor:
        """(tasks,) cross-entropies of a batch's user labels, summed over examples by weight."""
        losses = nn.functional.binary_cross_entropy_with_logits(
            self.logits(batch), batch.labels, reduction="none"
        )
        weights = batch.label_weights
        return (losses if weights is None else losses * weights[:, None]).sum(0)

    def on_validation_epoch_end(self) -> None:
        """Report ``val/cross_entropy``, the mean over tasks, and that of each task."""
        values = self.named_cross_entropies(self._log_losses / self._weight)
        self.log_dict(values, logger=False)
        draw_epoch(self, values)

    def named_cross_entropies(self, each: Tensor) -> dict[str, Tensor]:
        """Name (..., tasks) mean cross-entropies, and their (...) mean, as they are drawn."""
        columns = zip(self.tasks, each.unbind(-1), strict=True)
        values = {f"val/cross_entropy_{task}": column for task, column in columns}
        values["val/cross_entropy"] = each.mean(-1)
        return {name: value.float() for name, value in values.items()}
