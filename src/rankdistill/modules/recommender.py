"""The LightningModule of a backbone that learns from batches by gradient."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from pytorch_lightning.strategies import SingleDeviceStrategy
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR
from typing_extensions import override

from rankdistill.backbones.interface import ReadsOrder, ReadsWindows
from rankdistill.building import build
from rankdistill.data.batches import Epoch, PairBatches
from rankdistill.data.interactions import Interactions
from rankdistill.data.sequence_batches import SequencePairs, SequenceRows
from rankdistill.data.window_batches import WindowPairs, WindowRows
from rankdistill.distillation.interface import DistillationMethod
from rankdistill.draws.draws import Draws
from rankdistill.kernels.recording import recorder_of
from rankdistill.modules.batch_buffers import largest_batch
from rankdistill.modules.batch_scores import BatchScores
from rankdistill.modules.captured_steps import CapturedSteps, Step, told_refusal
from rankdistill.modules.epoch_losses import EpochLosses, draw_epoch
from rankdistill.modules.objectives import Batch
from rankdistill.modules.ranker import Ranker
from rankdistill.modules.regular_steps import reason_for_irregular_steps
from rankdistill.modules.rounded_weights import RoundedWeights, check_rounding

logger = logging.getLogger(__name__)

_PAIRS_IN_STRIDE, _USERS_IN_STRIDE = 32_768, 1024  # some tens of milliseconds of arithmetic
_UNSCALED = ("32-true", "64-true", "bf16-true", "bf16-mixed")


class Recommender(Ranker):
    """A backbone trained by a ranking objective.

    Args:
        ranking_loss: ``_target_`` and settings of the objective.
        learning_rate: Adam's step size.
        weight_decay: Adam's L2 coefficient, on embeddings and biases alike.
        batch_size: Pairs, or whole users, in a batch, as the objective asks for.
        decay_epochs: Epochs over which the learning rate falls linearly to zero, where training
            ends whatever validation says; null: it stays, and validation stops training.
        rounded_epochs: Last epochs in which losses see the weights rounded as they will be stored.
        storage_bits: Of a stored weight.
        **ranker: See Ranker.
    """

    captures_steps = False
    """Whether steps are to be replayed where a device can; the trainer says so."""
    user_pairs: int | None = None
    """Pairs at the start of a batch whose users methods of whole users read; None: all pairs."""

    def __init__(
        self,
        ranking_loss: Mapping[str, Any],
        learning_rate: float,
        weight_decay: float,
        batch_size: int,
        decay_epochs: int | None,
        rounded_epochs: int,
        storage_bits: int,
        **ranker: Any,
    ):
        super().__init__(**ranker)
        self.objective = build(ranking_loss, allow=ranker.get("allow_targets", ()))
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {batch_size}.")
        self.batch_size = batch_size
        self.automatic_optimization = False  # see training_step
        self.decay_epochs = decay_epochs
        if rounded_epochs:
            check_rounding(self.backbone, decay_epochs)
        self.rounded_epochs = rounded_epochs
        self.rounding = RoundedWeights(self.backbone, storage_bits)

    @property
    def batches(self) -> Callable[..., Epoch]:
        """The kind of batches that the objective is computed on, and the network is trained on."""
        takes_pairs = self.objective.batches is PairBatches
        if self.backbone.trains_on == "users":
            return self.objective.batches
        assert isinstance(self.backbone, ReadsOrder)
        if isinstance(self.backbone, ReadsWindows):
            kind = WindowPairs if takes_pairs else WindowRows
            return partial(kind, targets=self.backbone.targets)
        kind = SequencePairs if takes_pairs else SequenceRows
        return partial(kind, length=self.backbone.length)

    def row_readers(self) -> dict[str, int]:
        """What scores whole rows in training, by name, and of how many users at once."""
        if self.objective.batches is PairBatches:
            return {}
        return {type(self.objective).__name__: self.rows_in_batch}

    @property
    def rows_in_batch(self) -> int:
        """Contexts of a batch at most: pairs, users, windows, or all places of some sequences."""
        if self.backbone.trains_on != "sequences":
            return self.batch_size
        assert isinstance(self.backbone, ReadsOrder)
        return self.batch_size * self.backbone.length

    @property
    def stride(self) -> int:
        """Batches in a training step: Lightning's own work is paid for once a stride.

        Processes average their gradients batch by batch, so several take one batch a step.
        """
        return 1 if self.trainer.world_size > 1 else self.batches_in_stride

    @property
    def batches_in_stride(self) -> int:
        """Batches in a training step of a process that is alone."""
        few = self.batches is PairBatches or self.backbone.trains_on == "windows"
        rows = _PAIRS_IN_STRIDE if few else _USERS_IN_STRIDE
        return max(1, rows // self.batch_size)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Fused Adam over every parameter."""
        optimizer = torch.optim.Adam(
            self.parameters(), self.learning_rate, weight_decay=self.weight_decay, fused=True
        )
        if self.decay_epochs is None:
            return optimizer
        epochs = self._planned_epochs
        schedule = LambdaLR(optimizer, lambda epoch: max(1 - epoch / epochs, 0.0))
        return {"optimizer": optimizer, "lr_scheduler": schedule}

    @property
    def _planned_epochs(self) -> int:
        """Of a training whose rate decays: at most decay_epochs, so that it always reaches zero."""
        epochs = self.trainer.max_epochs
        assert epochs is not None
        return epochs

    @override
    def prepare(self, train: Interactions, draws: Draws) -> None:
        super().prepare(train, draws)
        self.objective.prepare(train, draws)

    def on_train_start(self) -> None:
        """Choose how steps are taken, now that weights and optimiser are those to be trained."""
        self._bare = self._steps_are_bare
        optimizer = self.optimizers(use_pl_optimizer=not self._bare)
        assert not isinstance(optimizer, list)
        self._optimizer, self._trained = optimizer, list(self.parameters())
        self._captured = self._steps_to_capture()

    def on_train_end(self) -> None:
        """Let go of what steps were recorded in."""
        self._captured = None

    def on_train_epoch_start(self) -> None:
        """Start the sums of the epoch's losses; in the last epochs choose what to round to."""
        self._epoch_losses = EpochLosses()
        if self.rounded_epochs and self.current_epoch >= self._planned_epochs - self.rounded_epochs:
            self.rounding.choose_steps()

    def training_step(self, stride: Sequence[Batch], batch_idx: int) -> None:
        """Learn from a stride of batches, one after the other."""
        batches = self.objective.completed(stride)
        if self._captured is not None and batch_idx == 0:
            self._captured.begin_epoch()
        take = self.learn if self._captured is None else self._captured.take
        with self.rounding.rounded():
            steps = [
                take(scores, batch)
                for scores, batch in zip(self.views(batches), batches, strict=True)
            ]
        if self._bare:
            self._count(len(steps))
        self._epoch_losses.add(steps)

    def learn(self, scores: BatchScores, batch: Batch) -> Mapping[str, Tensor]:
        """Take a step on a completed batch; return its losses by name, without gradient."""
        torch.clear_autocast_cache()  # of halves that were made of the weights before the last step
        for parameter in self._trained:  # zero_grad keeps time, as long as a small loss takes
            parameter.grad = None
        losses = self.losses(scores, batch)
        backward = Tensor.backward if self._bare else self.manual_backward
        backward(losses["loss"])
        with self.rounding.exact():
            self._optimizer.step()
        return {name: value.detach() for name, value in losses.items()}

    def _steps_to_capture(self) -> CapturedSteps | None:
        """Steps that may be replayed, where the trainer wants them and they are alike."""
        recorder = recorder_of(self.trainer.strategy.root_device)
        if not self.captures_steps or recorder is None:
            return None
        if (reason := self._reason_for_plain_steps()) is not None:
            logger.info("%s", told_refusal(reason))
            return None
        assert isinstance(self._optimizer, torch.optim.Optimizer)
        shape = largest_batch(
            self.datamodule.on_device(self.trainer.strategy.root_device).train,
            self.batch_size,
            self.objective.batches is PairBatches,
            self.user_pairs,
        )
        parts = self.backbone, self._optimizer, self.draws
        step = Step(self.learn, *parts, self.step_reads(), shape)
        return CapturedSteps(step, recorder, logger.info)

    def _reason_for_plain_steps(self) -> str | None:
        if not self._bare:
            return "Lightning takes part in each"
        if reason := reason_for_irregular_steps(self.backbone, self.objective, self.rounded_epochs):
            return reason
        for name, method in self.distillation_methods.items():
            if method.stacks is None:
                return f"distillation={name} does more in a step than to read scores"
        return None

    @property
    def distillation_methods(self) -> Mapping[str, DistillationMethod]:
        """The active distillation methods by name; none beside the ranking loss alone."""
        return {}

    def step_reads(self) -> dict[str, object]:
        """Objects that a step reads beside the weights, by name."""
        return {"ranking loss": self.objective, "distillation": self.distillation_methods}

    @property
    def _steps_are_bare(self) -> bool:
        """Whether a step needs nothing of Lightning, whose work around it costs as much again.

        Processes that meet in the backward pass need Lightning, and so do scaled gradients.
        """
        trainer = self.trainer
        return isinstance(trainer.strategy, SingleDeviceStrategy) and trainer.precision in _UNSCALED

    def _count(self, num_steps: int) -> None:
        """Tell Lightning of bare steps: a checkpoint holds how many there were."""
        progress = self.trainer.fit_loop.epoch_loop.manual_optimization.optim_step_progress
        for tracker in (progress.total, progress.current):
            tracker.increment_by(num_steps)

    def views(self, batches: Sequence[Batch]) -> Iterator[BatchScores]:
        """The scores of each batch, computed once however many losses read them."""
        return BatchScores.of_stride(self.backbone, batches, single=True)

    def losses(self, scores: BatchScores, batch: Batch) -> dict[str, Tensor]:
        """All losses of a batch by name; ``loss`` is the one to minimise."""
        return {"loss": self.objective(scores, batch)}

    def on_train_epoch_end(self) -> None:
        """Log the epoch's mean losses; stop at once if they are not finite."""
        reduce = self.trainer.strategy.reduce if self.trainer.world_size > 1 else None
        draw_epoch(self, self._epoch_losses.means(self.current_epoch, self.advice(), reduce))
        if self.decay_epochs is not None:
            schedule = self.lr_schedulers()
            assert isinstance(schedule, LambdaLR)
            schedule.step()

    @override
    def advice(self) -> str:
        return f"lower the learning rate (now {self.learning_rate})."
