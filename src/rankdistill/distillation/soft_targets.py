"""Soft targets: the teacher's distribution over the whole catalogue."""

from __future__ import annotations

import torch
from torch import Tensor
from typing_extensions import override

from rankdistill.data.interactions import Interactions
from rankdistill.data.seen_items import SeenItems
from rankdistill.distillation.interface import (
    DistillationContext,
    DistillationMethod,
    ScoreRows,
    StudentScores,
)
from rankdistill.distillation.teacher_rows import TeacherRows
from rankdistill.distillation.temperatures import two_temperatures
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.soft_cross_entropy import soft_cross_entropy


def soft_target_loss(student_logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """Cross-entropy of two softmax distributions, row by row.

    Args:
        student_logits: (batch, num_items) scores over the temperature.
        teacher_logits: (batch, num_items) scores over the temperature; -inf leaves an item out of
            both distributions.

    Returns:
        (batch,) - sum_i softmax(t)_i log softmax(s)_i.

    Raises:
        ValueError: If the shapes differ.

    Reference:
        Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015.
    """
    if student_logits.shape != teacher_logits.shape or student_logits.dim() != 2:
        raise ValueError(
            f"expected two (batch, num_items) tensors, got {tuple(student_logits.shape)} and "
            f"{tuple(teacher_logits.shape)}."
        )
    precise = torch.promote_types(teacher_logits.dtype, torch.float32)
    targets = torch.softmax(teacher_logits, dim=1, dtype=precise)
    left_out = torch.where(teacher_logits == -torch.inf, -torch.inf, 0.0)
    return soft_cross_entropy(student_logits, targets, left_out)


class SoftTargets(DistillationMethod):
    """Cross-entropy to the teacher's softmax over a user's whole row.

    Args:
        temperature: Divides the student's scores; positive. Published: 1 to 20 for classifiers;
            no published default for rankings.
        teacher_temperature: Divides the teacher's scores; null takes ``temperature``. A teacher
            whose scores lie between 0 and 1 (EASE) needs a small one.
        exclude_seen: Leave the user's training items out of both distributions.
        cache_mib: See TeacherRows.
        weight: Factor in the sum over the active methods.
    """

    reads_rows = True
    needs_all_scores = False
    stacks = "users"

    def __init__(
        self,
        temperature: float,
        teacher_temperature: float | None,
        exclude_seen: bool,
        cache_mib: float,
        weight: float,
    ):
        super().__init__()
        temperatures = two_temperatures(temperature, teacher_temperature)
        self.temperature, self.teacher_temperature = temperatures
        self.exclude_seen = exclude_seen
        self.cache_mib = cache_mib
        self.weight = weight

    @override
    def check(self, train: Interactions) -> None:
        if self.exclude_seen and int(train.counts.max()) == train.num_items:
            raise ValueError("A user has seen the whole catalogue: exclude_seen leaves no item.")

    @override
    def prepare(self, context: DistillationContext) -> None:
        self.seen = SeenItems(context.train) if self.exclude_seen else None
        self.targets = TeacherRows(context, self.cache_mib, self._targets_of)

    @override
    def refresh(self, student: ScoreRows, epoch: int) -> None:
        pass

    @override
    def loss(self, student: StudentScores) -> Tensor:
        users = student.per_user
        logits = users.rows()
        if self.temperature != 1:
            logits = logits / self.temperature
        left_out = None if self.seen is None else self.seen.shift(users.contexts.user_ids)
        losses = soft_cross_entropy(logits, self.targets(users.contexts), left_out)
        return (users.shares * losses).sum()

    def _targets_of(self, score_rows: Tensor, contexts: Contexts) -> Tensor:
        """Make the teacher's distribution, which does not change while the student learns."""
        logits = score_rows.float() / self.teacher_temperature
        if self.seen is not None:
            logits = logits + self.seen.shift(contexts.user_ids)
        return torch.softmax(logits, dim=1)
