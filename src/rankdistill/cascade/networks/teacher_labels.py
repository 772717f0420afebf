"""How an early ranker learns from the final ranker's logged probabilities, beside user labels."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from typing_extensions import override


class TeacherLabels(nn.Module, ABC):
    """The part of an early ranker that learns teacher labels, and is not served.

    Args:
        weight: Weight of the teacher's part in the loss; user labels have weight one.
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
        """Make the parameters for a student whose head reads ``width`` numbers."""

    @abstractmethod
    def logits(self, joint: Tensor, logits: Tensor) -> Tensor:
        """Estimate the teacher's probabilities.

        Args:
            joint: (n, width) inputs of the student's head.
            logits: (n, num_tasks) of the head, for user labels.

        Returns:
            (n, num_tasks) logits.
        """


class NoTeacher(TeacherLabels):
    """Learns user labels alone; nothing is estimated."""

    reads_log = False

    def __init__(self) -> None:
        super().__init__(weight=1.0)

    @override
    def fit_to(self, width: int, num_tasks: int) -> None:
        pass

    @override
    def logits(self, joint: Tensor, logits: Tensor) -> Tensor:
        return logits


class AuxiliaryHeads(TeacherLabels):
    """Estimates teacher labels by linear heads of their own, beside the served heads.

    User labels and teacher scores share only the representation: if the scores go wrong, the
    served heads are not calibrated to them.
    """

    @override
    def fit_to(self, width: int, num_tasks: int) -> None:
        self.head = nn.Linear(width, num_tasks)

    @override
    def logits(self, joint: Tensor, logits: Tensor) -> Tensor:
        return self.head(joint)


class SharedEstimate(TeacherLabels):
    """Estimates teacher labels as ``scale * z + shift`` of the served logit z of each task.

    Scale and shift are learned per task, and start at one and zero.
    """

    @override
    def fit_to(self, width: int, num_tasks: int) -> None:
        self.scale = nn.Parameter(torch.ones(num_tasks))
        self.shift = nn.Parameter(torch.zeros(num_tasks))

    @override
    def logits(self, joint: Tensor, logits: Tensor) -> Tensor:
        return self.scale * logits + self.shift


def soft_label_loss(logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
    """Binary cross-entropy of logits against labels in [0, 1].

    Args:
        logits: (n, num_tasks).
        labels: (n, num_tasks); not read where the weight is zero.
        weights: (n,) of each example, at least 0; None: all one.

    Returns:
        The mean over tasks and examples, a scalar. Examples of weight zero count among the n, so
        that the share of an example does not depend on how many others were logged.
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
