"""How far apart two models' embeddings of the same entities are in their similarities."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def cosine_similarities(left: Tensor, right: Tensor) -> Tensor:
    """Cosine similarity of every row of one tensor with every row of another.

    Args:
        left: (n, dim).
        right: (m, dim).

    Returns:
        (n, m) in [-1, 1]. Rows shorter than 1e-4 count as shorter vectors, not as directions: the
        similarity with a zero vector is 0, and its gradient is bounded.
    """
    return F.normalize(left, dim=1, eps=1e-4) @ F.normalize(right, dim=1, eps=1e-4).t()


def full_topology_loss(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean over all pairs of different entities of the squared difference of their similarities.

    Args:
        student: (n, student_dim).
        teacher: (n, teacher_dim), of the same entities.

    Returns:
        Scalar; 0 with fewer than two entities.

    Raises:
        ValueError: If the entities are not equally many.

    Reference:
        Kang et al., "Topology Distillation for Recommender System", KDD 2021 (FTD). The published
        loss is the sum over the n (n - 1) ordered pairs.
    """
    _check(student, teacher)
    # The diagonal holds no difference: a vector is as similar to itself in both models.
    squares = _squared_differences(student, student, teacher, teacher).fill_diagonal_(0.0)
    return squares.sum() / max(len(student) * (len(student) - 1), 1)


def hierarchical_topology_loss(
    student: Tensor, teacher: Tensor, groups: Tensor, num_groups: int
) -> Tensor:
    """Similarities inside the groups, plus those between entities and the groups' prototypes.

    Args:
        student: (n, student_dim).
        teacher: (n, teacher_dim), of the same entities.
        groups: (n,) int64 in [0, num_groups), the group of each entity; groups may be empty.
        num_groups: K.

    Returns:
        Scalar: the mean squared difference over the pairs of different entities of one group (0
        where there is none), plus the mean over the pairs of a group that is not empty and an
        entity, a group's prototype being the mean of its entities.

    Raises:
        ValueError: If the numbers of rows differ.

    Reference:
        Kang et al., KDD 2021 (HTD). The published loss is the sum over both kinds of pairs.
    """
    _check(student, teacher, groups)
    inside = groups[:, None] == groups
    inside.fill_diagonal_(False)
    squares = _squared_differences(student, student, teacher, teacher)
    entity_level = torch.where(inside, squares, 0.0).sum() / inside.sum().clamp_min(1)

    members = F.one_hot(groups, num_groups).t().to(student.dtype)
    counts = members.sum(1, keepdim=True)
    means = members / counts.clamp_min(1)
    squares = _squared_differences(means @ student, student, means @ teacher, teacher)
    exists = (counts > 0).to(student.dtype)
    pairs = (exists.sum() * len(student)).clamp_min(1)
    return entity_level + (exists * squares).sum() / pairs


def _squared_differences(
    student_left: Tensor, student_right: Tensor, teacher_left: Tensor, teacher_right: Tensor
) -> Tensor:
    of_teacher = cosine_similarities(teacher_left, teacher_right)
    return (cosine_similarities(student_left, student_right) - of_teacher).square()


def _check(*rows: Tensor) -> None:
    if len({len(tensor) for tensor in rows}) > 1:
        raise ValueError(
            "expected one row per entity in each, got "
            f"{' and '.join(str(tuple(tensor.shape)) for tensor in rows)}."
        )
