"""The LightningModule around any backbone: it ranks the catalogue and measures."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.trainer.states import TrainerFn
from torch import Tensor

from rankdistill.backbones.interface import Backbone, ReadsInteractions
from rankdistill.building import build
from rankdistill.data.batches import EvaluationBlock
from rankdistill.data.datamodule import InteractionsDataModule
from rankdistill.data.interactions import Interactions
from rankdistill.draws.draws import Draws
from rankdistill.kernels.single_precision import without_autocast
from rankdistill.metrics.means import RankingMetrics
from rankdistill.metrics.measuring import measure_users
from rankdistill.modules.block_scores import score_block
from rankdistill.modules.diverged import scores_not_finite
from rankdistill.modules.epoch_losses import draw_epoch
from rankdistill.modules.told_interactions import tell_interactions

logger = logging.getLogger(__name__)


class Ranker(pl.LightningModule):
    """A backbone that is ranked over the full catalogue.

    All arguments are primitives, so that a checkpoint rebuilds the module and loads with
    ``weights_only=True``.

    Args:
        backbone: ``_target_`` and settings of the scoring network.
        num_users: Number of users.
        num_items: Size of the catalogue.
        metrics: Names of the metrics to compute.
        top_k: Cut-offs of the metrics.
        seed: Of negatives and other samples.
        fold_in: See Backbone.take_fold_in; None: the network ranks for no new users, or needs no
            such settings.
        data: What the module was trained on: ``fingerprint`` of data and ``split_fingerprint``,
            and the configuration that makes them again.
        allow_targets: Further module prefixes that ``_target_`` may name.
    """

    role: str
    decay_epochs: int | None = None
    """Epochs that training takes by plan; None: until validation stops it."""

    def __init__(
        self,
        backbone: Mapping[str, Any],
        num_users: int,
        num_items: int,
        metrics: Sequence[str],
        top_k: Sequence[int],
        seed: int,
        data: Mapping[str, Any],
        allow_targets: Sequence[str] = (),
        fold_in: Mapping[str, Any] | None = None,
    ):
        super().__init__()
        self.save_hyperparameters(ignore=["allow_targets", "teacher"])
        self.backbone: Backbone = build(
            backbone, allow=allow_targets, num_users=num_users, num_items=num_items
        )
        if fold_in is not None:
            self.backbone.take_fold_in(fold_in)
        self.metric_names, self.top_k = list(metrics), list(top_k)
        self.seed = seed
        self.num_items = num_items
        self.metrics = RankingMetrics(self.metric_names, self.top_k)
        self.per_user: list[dict[str, Tensor]] = []

    def setup(self, stage: str) -> None:
        """Give the histories; before the optimiser is made, prepare on the training device."""
        device = self.trainer.strategy.root_device
        train = self.datamodule.on_device(device).train
        if stage != "fit":
            latest = self.datamodule.seen_at_test(device) if stage == "test" else None
            tell_interactions(self.backbone, train, latest=latest)
            return
        # Negatives differ between the processes of one run; the order of batches must not.
        seed = self.seed + self.trainer.global_rank
        self.draws = Draws([seed], device)
        self.prepare(train, self.draws)

    @property
    def datamodule(self) -> InteractionsDataModule:
        """The data that the trainer attached."""
        return self.trainer.datamodule  # pyright: ignore[reportAttributeAccessIssue]

    def prepare(self, train: Interactions, draws: Draws) -> None:
        """Take what training needs from interactions that lie on the training device."""
        tell_interactions(self.backbone, train, draws)
        if isinstance(self.backbone, ReadsInteractions):
            self.backbone.to(train.item_ids.device)
            self.backbone.observe(train.user_ids, train.item_ids)
            if train.weights is not None:
                logger.info(
                    "%s takes every pair for one: data.weight_column weighs ranking losses only.",
                    type(self.backbone).__name__,
                )

    def on_validation_epoch_start(self) -> None:
        """Start counting anew."""
        self.metrics.reset()

    def validation_step(self, block: EvaluationBlock, batch_idx: int) -> None:
        """Rank the catalogue for a block of users."""
        self.metrics.update(self._measured(block))

    def on_validation_epoch_end(self) -> None:
        """Report ``val/...``, and draw it where it belongs to an epoch."""
        values = self._report("val")
        if self.trainer.state.fn == TrainerFn.FITTING:
            draw_epoch(self, values)

    def on_test_epoch_start(self) -> None:
        """Start counting anew."""
        self.metrics.reset()
        self.per_user = []

    def test_step(self, block: EvaluationBlock, batch_idx: int) -> None:
        """Rank the catalogue for a block of users and keep each user's values."""
        values = self._measured(block)
        self.metrics.update(values)
        self.per_user.append({"user_ids": block.contexts.user_ids, **values})

    def on_test_epoch_end(self) -> None:
        """Report ``test/...``; the run's result file and its hyper-parameters show them."""
        self._report("test")

    def advice(self) -> str:
        """What to do where the scores are not finite; the end of an error message."""
        return "change its settings."

    def _report(self, stage: str) -> dict[str, Tensor]:
        means = self.metrics.compute()
        if any(bool(mean.isnan()) for mean in means.values()):
            raise scores_not_finite(self.advice())
        values = {f"{stage}/{name}": value.float() for name, value in means.items()}
        self.log_dict(values, logger=False)
        return values

    def _measured(self, block: EvaluationBlock) -> dict[str, Tensor]:
        """Measure each user of a block; nobody has a value where a score is not finite."""
        with without_autocast(
            self.device.type
        ):  # halves hold too few digits to tell good items apart
            scores = score_block(self.backbone, block, self.num_items).float()
        # NaN unless all are finite, the model's own -inf among them; found without a wait for a GPU
        nothing = scores.sum() * 0.0
        scores[block.seen_rows, block.seen_items] = -torch.inf
        measured = measure_users(
            scores,
            block.held_out_rows,
            block.held_out_items,
            block.num_held_out,
            self.metric_names,
            self.top_k,
            block.sampled_negatives,
            are_sound=True,
        )
        return {name: values + nothing for name, values in measured.items()}
