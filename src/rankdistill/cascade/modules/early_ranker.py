"""The early ranker: the student of a cascade, in one of three forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from typing_extensions import override

from rankdistill.building import build
from rankdistill.cascade.data.examples import ExampleBatch
from rankdistill.cascade.modules.impression_ranker import ImpressionRanker
from rankdistill.cascade.networks.multi_interest import MultiInterest
from rankdistill.cascade.networks.teacher_labels import TeacherLabels, soft_label_loss


class EarlyRanker(ImpressionRanker[MultiInterest]):
    """Learns user labels, and teacher labels in the form that ``teacher_labels`` names.

    Args:
        teacher_labels: ``_target_`` and settings of the form. The form's own parameters are not
            part of ``network`` and are not served.
        **ranker: Arguments of ImpressionRanker.
    """

    role = "early_ranker"

    def __init__(self, teacher_labels: Mapping[str, Any], **ranker: Any):
        super().__init__(**ranker)
        self.save_hyperparameters("teacher_labels")
        self.form: TeacherLabels = build(teacher_labels, allow=ranker.get("allow_targets", ()))
        self.form.fit_to(self.network.width, len(self.tasks))

    @override
    def logits(self, batch: ExampleBatch) -> Tensor:
        interests = self.network.users(batch.users)
        return batch.ungrid(self.network(interests, batch.grid(batch.item_ids)))

    @override
    def losses(self, batch: ExampleBatch) -> dict[str, Tensor]:
        interests = self.network.users(batch.users)
        joint = batch.ungrid(self.network.joint(interests, batch.grid(batch.item_ids)))
        logits = self.network.head(joint)
        user_loss = soft_label_loss(logits, batch.labels, batch.label_weights)
        if not self.form.reads_log:
            return {"loss": user_loss}
        if batch.teacher is None or batch.teacher_weights is None:
            raise ValueError("This early ranker learns from the final ranker's log, and has none.")
        guess = self.form.logits(joint, logits)
        teacher_loss = soft_label_loss(guess, batch.teacher, batch.teacher_weights)
        return {
            "loss": user_loss + self.form.weight * teacher_loss,
            "user_loss": user_loss,
            "teacher_loss": teacher_loss,
        }
