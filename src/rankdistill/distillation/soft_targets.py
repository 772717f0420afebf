"""Soft targets: the teacher's distribution over the whole catalogue."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions
from rankdistill.data.seen_items import SeenItems
from rankdistill.distillation.interface import (
    DistillationContext,
    DistillationMethod,
    ScoreRows,
    StudentScores,
)
from rankdistill.distillation.remaining import shares_of_remaining
from rankdistill.distillation.teacher_rows import TeacherRows
from rankdistill.gradients import loss_of


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
    return loss_of(student_logits, partial(_cross_entropy, teacher_logits))


def _cross_entropy(teacher_logits: Tensor, student_logits: Tensor) -> tuple[Tensor, Tensor]:
    """(batch,) losses and their gradient, softmax(s) - softmax(t), in place: tables are few."""
    targets = torch.softmax(teacher_logits.to(student_logits.dtype), dim=1)
    remaining = student_logits
    if teacher_logits.device.type != "cpu" or _leaves_out(
        teacher_logits
    ):  # see shares_of_remaining
        remaining = remaining.masked_fill(teacher_logits == -torch.inf, -torch.inf)
    shares, normalizers = shares_of_remaining(remaining)
    losses = normalizers - torch.linalg.vecdot(targets, student_logits)
    return losses, shares.sub_(targets)


def _leaves_out(logits: Tensor) -> bool:
    return logits.numel() > 0 and bool(logits.amin() == -torch.inf)


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

    def __init__(
        self,
        temperature: float = 1.0,
        teacher_temperature: float | None = None,
        exclude_seen: bool = False,
        cache_mib: float = 1024.0,
        weight: float = 1.0,
    ):
        super().__init__()
        self.temperature = temperature
        self.teacher_temperature = (
            temperature if teacher_temperature is None else teacher_temperature
        )
        for name in ("temperature", "teacher_temperature"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}.")
        self.exclude_seen = exclude_seen
        self.cache_mib = cache_mib
        self.weight = weight

    def check(self, train: Interactions) -> None:
        """See DistillationMethod."""
        if self.exclude_seen and int(train.counts.max()) == train.num_items:
            raise ValueError("A user has seen the whole catalogue: exclude_seen leaves no item.")

    def prepare(self, context: DistillationContext) -> None:
        """See DistillationMethod."""
        self.teacher_rows = TeacherRows(context, self.cache_mib)
        self.seen = SeenItems(context.train) if self.exclude_seen else None

    def refresh(self, student: ScoreRows, epoch: int) -> None:
        """See DistillationMethod; nothing is read from the student but its scores."""

    def loss(self, student: StudentScores) -> Tensor:
        """See DistillationMethod."""
        users = student.per_user
        logits = self.teacher_rows(users.user_ids) / self.teacher_temperature
        if self.seen is not None:
            logits = self.seen.left_out(logits, users.user_ids)
        return (users.shares * soft_target_loss(users.rows() / self.temperature, logits)).sum()
