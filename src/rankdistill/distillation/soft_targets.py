"""Soft targets: the teacher's distribution over the whole catalogue."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from rankdistill.data.interactions import Interactions
from rankdistill.data.seen_items import SeenItems
from rankdistill.devices import is_near
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
    left_out = teacher_logits == -torch.inf
    remaining = None
    if not is_near(left_out) or bool(left_out.any()):  # see shares_of_remaining
        remaining = partial(torch.masked_fill, mask=left_out, value=-torch.inf)
    precise = torch.promote_types(teacher_logits.dtype, torch.float32)
    targets = torch.softmax(teacher_logits, dim=1, dtype=precise)
    return loss_of(student_logits, partial(_cross_entropy, targets, remaining))


def _cross_entropy(
    targets: Tensor, remaining: Callable[[Tensor], Tensor] | None, student_logits: Tensor
) -> tuple[Tensor, Tensor]:
    """(batch,) losses and their gradient, softmax(s) - targets, in place: tables are few.

    Items are left out where ``remaining`` gives -inf for their logits; their targets are zero.
    """
    targets = targets.to(student_logits.dtype)
    shares, normalizers = shares_of_remaining(
        student_logits if remaining is None else remaining(student_logits)
    )
    losses = normalizers - torch.linalg.vecdot(targets, student_logits)
    return losses, shares.sub_(targets)


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
        self.seen = SeenItems(context.train) if self.exclude_seen else None
        self.targets = TeacherRows(context, self.cache_mib, self._targets_of)

    def refresh(self, student: ScoreRows, epoch: int) -> None:
        """See DistillationMethod; nothing is read from the student but its scores."""

    def loss(self, student: StudentScores) -> Tensor:
        """See DistillationMethod."""
        users = student.per_user
        logits = users.rows()
        if self.temperature != 1:
            logits = logits / self.temperature
        remaining = self.seen and partial(self.seen.left_out, user_ids=users.user_ids)
        targets = self.targets(users.user_ids)
        losses = loss_of(logits, partial(_cross_entropy, targets, remaining))
        return (users.shares * losses).sum()

    def _targets_of(self, score_rows: Tensor, user_ids: Tensor) -> Tensor:
        """The teacher's distribution, which does not change while the student learns."""
        logits = score_rows.float() / self.teacher_temperature
        if self.seen is not None:
            logits = self.seen.left_out(logits, user_ids)
        return torch.softmax(logits, dim=1)
