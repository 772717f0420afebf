"""The early ranker: the student of a cascade, in one of several forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from rankdistill.building import build
from rankdistill.cascade.data.examples import ExampleBatch
from rankdistill.cascade.modules.impression_ranker import ImpressionRanker
from rankdistill.cascade.networks.cut_aim import CutAim
from rankdistill.cascade.networks.multi_interest import MultiInterest
from rankdistill.cascade.networks.teacher_labels import TeacherLabels, soft_label_loss
from rankdistill.modules.epoch_losses import draw_epoch


class EarlyRanker(ImpressionRanker[MultiInterest]):
    """Learns user labels, and the final ranker's log in the form that ``teacher_labels`` names.

    Args:
        teacher_labels: ``_target_`` and settings of the form. The form's own parameters are not
            part of ``network`` and are not served.
        aim: ``CutAim``, by name.
        **ranker: Arguments of ImpressionRanker.
    """

    role = "early_ranker"

    def __init__(self, teacher_labels: Mapping[str, Any], aim: Mapping[str, Any], **ranker: Any):
        super().__init__(**ranker)
        self.save_hyperparameters("teacher_labels", "aim")
        self.form: TeacherLabels = build(teacher_labels, allow=ranker.get("allow_targets", ()))
        self.form.fit_to(self.network.width, CutAim(**aim))
        if self.form.reads_log:
            self.monitor = "val/loss"  # users' labels alone would choose before the log is learned

    @override
    def logits(self, batch: ExampleBatch) -> Tensor:
        interests = self.network.users(batch.users)
        return batch.ungrid(self.network(interests, batch.grid(batch.item_ids)))

    @override
    def losses(self, batch: ExampleBatch) -> dict[str, Tensor]:
        interests = self.network.users(batch.users)
        items, heads = batch.grid(batch.item_ids), self.form.own_heads
        outputs = batch.ungrid(self.network(interests, items, heads))
        logits, own = outputs.tensor_split([len(self.tasks)], dim=1)
        user_loss = soft_label_loss(logits, batch.labels, batch.label_weights)
        if not self.form.reads_log:
            return {"loss": user_loss}
        of_log = self.form.losses(batch, own, logits)
        loss = user_loss + sum(weight * part for weight, part in of_log.values())
        return {
            "loss": loss,
            "user_loss": user_loss,
            **{name: part for name, (_, part) in of_log.items()},
        }

    @override
    def on_validation_epoch_start(self) -> None:
        super().on_validation_epoch_start()
        self._whole_losses: list[Tensor] = []

    @override
    def validation_step(self, batch: ExampleBatch, batch_idx: int) -> None:
        super().validation_step(batch, batch_idx)
        if self.form.reads_log:
            self._whole_losses.append(self.losses(batch)["loss"])

    @override
    def on_validation_epoch_end(self) -> None:
        super().on_validation_epoch_end()
        if self.form.reads_log:
            value = {"val/loss": torch.stack(self._whole_losses).mean()}
            self.log_dict(value, logger=False)
            draw_epoch(self, value)
