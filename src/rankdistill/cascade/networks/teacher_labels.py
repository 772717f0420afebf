"""How an early ranker learns from the final ranker's logged probabilities, beside user labels."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits


class TeacherLabels(nn.Module, ABC):
    """What is trained beside the early ranker and left behind when it is served.

    Args:
        weight: Of the teacher's part in the loss; that of user labels is one.
    """

    reads_log = True
    """Whether the score log is needed."""

    def __init__(self, weight: float):
        super().__init__()
        if weight <= 0:
            raise ValueError(f"weight must be positive, got {weight}; use cascade/students=[none].")
        self.weight = weight

    @abstractmethod
    def fit_to(self, width: int, num_tasks: int) -> None:
        """Make the parameters, for a head that reads ``width`` numbers."""

    @abstractmethod
    def logits(self, joint: Tensor, logits: Tensor) -> Tensor:
        """The student's guess of the teacher's probabilities.

        Args:
            joint: (n, width), what the student's head reads.
            logits: (n, num_tasks), what it says of user labels.

        Returns:
            (n, num_tasks) logits.
        """


class NoTeacher(TeacherLabels):
    """User labels alone."""

    reads_log = False

    def __init__(self) -> None:
        super().__init__(weight=1.0)

    def fit_to(self, width: int, num_tasks: int) -> None:
        """See TeacherLabels: there is nothing to make."""

    def logits(self, joint: Tensor, logits: Tensor) -> Tensor:
        """See TeacherLabels; there is no loss on it."""
        return logits


class AuxiliaryHeads(TeacherLabels):
    """Teacher labels have linear heads of their own, on what the heads of user labels read.

    User labels and teacher scores meet in the representation alone: if the scores go wrong, the
    served heads are not calibrated to them.
    """

    def fit_to(self, width: int, num_tasks: int) -> None:
        """See TeacherLabels."""
        self.head = nn.Linear(width, num_tasks)

    def logits(self, joint: Tensor, logits: Tensor) -> Tensor:
        """See TeacherLabels."""
        return self.head(joint)


class SharedEstimate(TeacherLabels):
    """One estimate z per task serves both: the teacher label sees ``scale * z + shift``.

    Scale and shift are learned per task, and start at one and zero.
    """

    def fit_to(self, width: int, num_tasks: int) -> None:
        """See TeacherLabels."""
        self.scale = nn.Parameter(torch.ones(num_tasks))
        self.shift = nn.Parameter(torch.zeros(num_tasks))

    def logits(self, joint: Tensor, logits: Tensor) -> Tensor:
        """See TeacherLabels."""
        return self.scale * logits + self.shift


def soft_label_loss(logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
    """Binary cross-entropy of logits against labels in [0, 1].

    Args:
        logits: (n, num_tasks).
        labels: (n, num_tasks); what stands where the weight is zero is not read.
        weights: (n,) of each example, at least 0; None: all one.

    Returns:
        The mean over tasks and examples, a scalar. Examples of weight zero count among the n, so
        that an example's part does not depend on how many others were logged.
    """
    if logits.shape != labels.shape:
        raise ValueError(f"logits {tuple(logits.shape)} and labels {tuple(labels.shape)} differ.")
    if weights is None:
        return binary_cross_entropy_with_logits(logits, labels)
    if weights.shape != logits.shape[:1]:
        raise ValueError(f"weights {tuple(weights.shape)} are not one per example of {len(logits)}")
    usable = torch.where(weights[:, None] > 0, labels, 0.5)
    return binary_cross_entropy_with_logits(
        logits, usable, weights[:, None].expand_as(logits), reduction="mean"
    )
