"""How an early ranker learns from the final ranker's logged probabilities, beside user labels."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid
from typing_extensions import override

from rankdistill.cascade.data.examples import ExampleBatch
from rankdistill.cascade.networks.cut_aim import CutAim


class TeacherLabels(nn.Module, ABC):
    """The part of an early ranker that learns teacher labels, and is not served.

    Args:
        weight: Weight of the teacher's part in the loss where all rows have usable scores; user
            labels have weight one.
    """

    reads_log = True
    """Whether the score log is needed."""
    may_weigh_nothing = False
    """Whether the weight may be zero, because the form learns the log in another way too."""

    def __init__(self, weight: float):
        super().__init__()
        if weight < 0 or (weight == 0 and not self.may_weigh_nothing):
            raise ValueError(f"weight must be positive, got {weight}; use cascade/students=[none].")
        self.weight = weight

    @property
    def own_heads(self) -> list[nn.Linear]:
        """Heads beside the served one that read what it reads."""
        return []

    @abstractmethod
    def fit_to(self, width: int, aim: CutAim) -> None:
        """Make the parameters for a student.

        Args:
            width: How many numbers the student's head reads.
            aim: The tasks' weights, and the cut that the student is to make.
        """

    @abstractmethod
    def logits(self, own: Tensor, logits: Tensor) -> Tensor:
        """Estimate the teacher's probabilities.

        Args:
            own: (n, outputs) of the form's own heads.
            logits: (n, num_tasks) of the served head, for user labels.

        Returns:
            (n, num_tasks) logits.
        """

    def losses(
        self, batch: ExampleBatch, own: Tensor, logits: Tensor
    ) -> dict[str, tuple[float, Tensor]]:
        """Compare the student with the log.

        The teacher's part is the mean over usable rows. Its weight falls with the root of their
        share: slower than the share itself, because the few speak for the others, and more than not
        at all, because what is learned from few is less certain.

        Args:
            batch: The n examples, with what was logged of them.
            own: (n, outputs) of the form's own heads.
            logits: (n, num_tasks) of the served head.

        Returns:
            Weight and loss, a scalar, by the name under which it is drawn.
        """
        teacher, weights = batch.logged
        loss = soft_label_loss(self.logits(own, logits), teacher, weights)
        return {"teacher_loss": (self.weight, weights.mean().sqrt() * loss)}


class NoTeacher(TeacherLabels):
    """Learns user labels alone; nothing is estimated."""

    reads_log = False

    def __init__(self) -> None:
        super().__init__(weight=1.0)

    @override
    def fit_to(self, width: int, aim: CutAim) -> None:
        pass

    @override
    def logits(self, own: Tensor, logits: Tensor) -> Tensor:
        return logits


class AuxiliaryHeads(TeacherLabels):
    """Estimates teacher labels by linear heads of their own, beside the served heads.

    User labels and teacher scores share only the representation: if the scores go wrong, the
    served heads are not calibrated to them.
    """

    @override
    def fit_to(self, width: int, aim: CutAim) -> None:
        self.head = nn.Linear(width, len(aim.value))

    @property
    @override
    def own_heads(self) -> list[nn.Linear]:
        return [self.head]

    @override
    def logits(self, own: Tensor, logits: Tensor) -> Tensor:
        return own


class SharedEstimate(TeacherLabels):
    """Estimates teacher labels as ``scale * z + shift`` of the served logit z of each task.

    Scale and shift are learned per task, and start at one and zero.
    """

    @override
    def fit_to(self, width: int, aim: CutAim) -> None:
        self.scale = nn.Parameter(torch.ones(len(aim.value)))
        self.shift = nn.Parameter(torch.zeros(len(aim.value)))

    @override
    def logits(self, own: Tensor, logits: Tensor) -> Tensor:
        return self.scale * logits + self.shift


def soft_label_loss(logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
    """Binary cross-entropy of logits against labels in [0, 1].

    Args:
        logits: (n, num_tasks).
        labels: (n, num_tasks); not read where the weight is zero.
        weights: (n,) of each example, at least 0; None: all one.

    Returns:
        The mean over tasks and weighted examples, a scalar; 0 where no example counts.
    """
    if logits.shape != labels.shape:
        raise ValueError(f"logits {tuple(logits.shape)} and labels {tuple(labels.shape)} differ.")
    if weights is None:
        return _cross_entropies(logits, labels).mean()
    if weights.shape != logits.shape[:1]:
        raise ValueError(f"weights {tuple(weights.shape)} are not one per example of {len(logits)}")
    usable = torch.where(weights[:, None] > 0, labels, 0.5)
    losses = _cross_entropies(logits, usable).mean(1)
    return (weights * losses).sum() / weights.sum().clamp(min=torch.finfo(losses.dtype).tiny)


def _cross_entropies(logits: Tensor, labels: Tensor) -> Tensor:
    """The binary cross-entropy (1 - y) z - log sigmoid(z) of each logit z and label y.

    PyTorch's own function takes many more operations where a stack of models is computed at once.
    """
    return (1 - labels) * logits - logsigmoid(logits)
