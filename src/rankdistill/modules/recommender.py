"""The LightningModule that teacher, student and distilled student share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.trainer.states import TrainerFn
from torch import Tensor

from rankdistill.backbones.interface import Backbone
from rankdistill.building import build
from rankdistill.data.batches import EvaluationBlock, PairBatch, UserBatch
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.data.interactions import Interactions
from rankdistill.metrics.functional import per_user_metrics
from rankdistill.metrics.hits import rank_hits
from rankdistill.metrics.means import RankingMetrics
from rankdistill.modules.batch_scores import BatchScores


class Recommender(pl.LightningModule):
    """A backbone trained by a ranking objective and ranked over the full catalogue.

    All arguments are primitives, so that a checkpoint rebuilds the module and loads with
    ``weights_only=True``.

    Args:
        backbone: ``_target_`` and settings of the scoring network.
        ranking_loss: ``_target_`` and settings of the objective.
        num_users: Number of users.
        num_items: Size of the catalogue.
        learning_rate: Adam's step size.
        weight_decay: Adam's L2 coefficient, on embeddings and biases alike.
        batch_size: Pairs, or whole users, in a batch, as the objective asks for.
        metrics: Names of the metrics to compute.
        top_k: Cut-offs of the metrics.
        seed: Start of the generator of negatives and other samples.
        data: What the module was trained on: ``fingerprint`` of data and ``split_fingerprint``,
            and the configuration that makes them again.
        allow_targets: Further module prefixes that ``_target_`` may name.
    """

    role: str

    def __init__(
        self,
        backbone: Mapping[str, Any],
        ranking_loss: Mapping[str, Any],
        num_users: int,
        num_items: int,
        learning_rate: float,
        weight_decay: float,
        batch_size: int,
        metrics: Sequence[str],
        top_k: Sequence[int],
        seed: int,
        data: Mapping[str, Any],
        allow_targets: Sequence[str] = (),
    ):
        super().__init__()
        self.save_hyperparameters(ignore=["allow_targets", "teacher"])
        self.backbone: Backbone = build(
            backbone, allow=allow_targets, num_users=num_users, num_items=num_items
        )
        self.objective = build(ranking_loss, allow=allow_targets)
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {batch_size}.")
        self.batch_size = batch_size
        self.metric_names, self.top_k = list(metrics), list(top_k)
        self.seed = seed
        self.metrics = RankingMetrics(self.metric_names, self.top_k)
        self.per_user: list[dict[str, Tensor]] = []

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Fused Adam over every parameter."""
        return torch.optim.Adam(
            self.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay, fused=True
        )

    def setup(self, stage: str) -> None:
        """Before the optimiser is made: let the objective prepare on the training device."""
        if stage != "fit":
            return
        device = self.trainer.strategy.root_device
        train = self.datamodule.on_device(device).train
        # Negatives differ between the processes of one run; the order of batches must not.
        generator = torch.Generator(device).manual_seed(self.seed + self.trainer.global_rank)
        self.prepare(train, generator)

    @property
    def datamodule(self) -> InteractionsDataModule:
        """The data that the trainer attached."""
        return self.trainer.datamodule  # pyright: ignore[reportAttributeAccessIssue]

    def prepare(self, train: Interactions, generator: torch.Generator) -> None:
        """Take what training needs from interactions that lie on the training device."""
        self.objective.prepare(train, generator)

    def on_train_epoch_start(self) -> None:
        """Start the epoch's loss sums on the device: no host sync per step."""
        self._loss_sums: dict[str, Tensor] = {}
        self._num_steps = 0

    def training_step(self, batch: PairBatch | UserBatch, batch_idx: int) -> Tensor:
        """The loss of one batch."""
        positives = batch.positive_items if isinstance(batch, PairBatch) else None
        scores = BatchScores(self.backbone, batch.user_ids, positives)
        losses = self.losses(scores, batch)
        for name, value in losses.items():
            value = value.detach()
            self._loss_sums[name] = self._loss_sums.get(name, 0.0) + value
        self._num_steps += 1
        return losses["loss"]

    def losses(self, scores: BatchScores, batch: PairBatch | UserBatch) -> dict[str, Tensor]:
        """All losses of a batch by name; ``loss`` is the one to minimise."""
        return {"loss": self.objective(scores, batch)}

    def on_train_epoch_end(self) -> None:
        """Log the epoch's mean losses; stop at once if they are not finite."""
        means = {name: total / self._num_steps for name, total in self._loss_sums.items()}
        if not bool(torch.isfinite(means["loss"])):
            raise FloatingPointError(
                f"The training loss is {float(means['loss'])} in epoch {self.current_epoch}; "
                f"lower the learning rate (now {self.learning_rate})."
            )
        reduce = self.trainer.strategy.reduce
        self._draw({f"train/{name}": reduce(value) for name, value in means.items()})

    def on_validation_epoch_start(self) -> None:
        """Start counting anew."""
        self.metrics.reset()

    def validation_step(self, block: EvaluationBlock, batch_idx: int) -> None:
        """Rank the catalogue for a block of users."""
        self.metrics.update(self._hits(block), block.num_held_out)

    def on_validation_epoch_end(self) -> None:
        """Report ``val/...``, and draw it where it belongs to an epoch."""
        values = self._report("val")
        if self.trainer.state.fn == TrainerFn.FITTING:
            self._draw(values)

    def on_test_epoch_start(self) -> None:
        """Start counting anew."""
        self.metrics.reset()
        self.per_user = []

    def test_step(self, block: EvaluationBlock, batch_idx: int) -> None:
        """Rank the catalogue for a block of users and keep each user's values."""
        hits = self._hits(block)
        self.metrics.update(hits, block.num_held_out)
        values = per_user_metrics(hits, block.num_held_out, self.metric_names, self.top_k)
        self.per_user.append({"user_ids": block.user_ids, **values})

    def on_test_epoch_end(self) -> None:
        """Report ``test/...``; the run's result file and its hyper-parameters show them."""
        self._report("test")

    def _report(self, stage: str) -> dict[str, Tensor]:
        means = self.metrics.compute()
        values = {f"{stage}/{name}": value.float() for name, value in means.items()}
        self.log_dict(values, logger=False)
        return values

    def _draw(self, values: Mapping[str, Tensor]) -> None:
        """One point per epoch, so that curves of different batch sizes lie side by side."""
        if self.logger is not None:
            points = {name: float(value) for name, value in values.items()}
            self.logger.log_metrics(points, step=self.current_epoch + 1)

    def _hits(self, block: EvaluationBlock) -> Tensor:
        scores = self.backbone.score_rows(block.user_ids).float()
        if not bool(torch.isfinite(scores.sum())):  # the model's own -inf is no masked item
            raise FloatingPointError(
                "The model's scores are not all finite: it has diverged; lower the learning rate "
                f"(now {self.learning_rate})."
            )
        scores[block.seen_rows, block.seen_items] = -torch.inf
        return rank_hits(scores, block.held_out_rows, block.held_out_items, max(self.top_k))
