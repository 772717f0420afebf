"""Refuse distillation methods that need more than the teacher or the student has."""

from __future__ import annotations

from collections.abc import Mapping

from rankdistill.backbones.interface import Backbone, EmbeddingBackbone
from rankdistill.backbones.listed import EmbeddedLists, Listed
from rankdistill.distillation.interface import DistillationMethod

LIST_METHODS = (
    "ranking",
    "plackett_luce",
    "dual_correction",
    "rejuvenated_cross_entropy",
    "soft_targets",
)
"""Methods that read a list of the teacher's best items; those with an item side, without it."""

_OTHERS = f"choose among {', '.join(LIST_METHODS)}, such as distillation=[plackett_luce]"


def refuse_unfit_networks(
    methods: Mapping[str, DistillationMethod],
    teacher: type[Backbone] | None,
    student: type[Backbone],
    *,
    from_factors: bool,
) -> None:
    """Compare what methods need with what the networks have.

    Args:
        methods: The active methods by name.
        teacher: The kind of the teacher's network; None where only its checkpoint tells.
        student: The kind of the student's network.
        from_factors: Whether the student starts from the teacher's factors.

    Raises:
        ValueError: Naming the method and what it lacks.
    """
    for name, method in methods.items():
        if method.trajectory > 1 and teacher is not None:
            _refuse_without_trajectory(name, teacher)
        if method.whole_users:
            _refuse_places(name, student)
    if teacher is not None and issubclass(teacher, Listed):
        _refuse_without_rows(methods, from_factors)
    for name, method in methods.items():
        if not method.needs_embeddings:
            continue
        for role, kind in (("teacher", teacher), ("student", student)):
            if kind is not None:
                _refuse_without_embeddings(name, role, kind)


def _refuse_without_trajectory(method: str, teacher: type[Backbone]) -> None:
    if issubclass(teacher, Listed):
        raise ValueError(
            f"distillation={method} learns from several moments of the teacher's training, and a "
            f"file holds the lists of one: {_OTHERS}."
        )


def _refuse_places(method: str, student: type[Backbone]) -> None:
    if student.trains_on != "users":
        raise ValueError(
            f"distillation={method} teaches whole users, and {student.__name__} learns from places "
            f"in their histories: {_OTHERS}."
        )


def _refuse_without_rows(methods: Mapping[str, DistillationMethod], from_factors: bool) -> None:
    if from_factors:
        raise ValueError(
            "The teacher's factors are made of its scores of all items, and a file holds lists: "
            "type initialization=random."
        )
    for name, method in methods.items():
        if method.needs_all_scores and name in LIST_METHODS:
            raise ValueError(
                f"The item side of distillation={name} ranks all users for an item, and a file "
                f"holds lists of items: type distillation.methods.{name}.item_side=false."
            )
        if method.needs_all_scores:
            raise ValueError(
                f"distillation={name} needs the teacher's scores of all items, and a file holds "
                f"lists: {_OTHERS}."
            )


def _refuse_without_embeddings(method: str, role: str, kind: type[Backbone]) -> None:
    if issubclass(kind, EmbeddingBackbone | EmbeddedLists):
        return
    if issubclass(kind, Listed):
        raise ValueError(
            f"distillation={method} compares embeddings: give those of the model that made the "
            f"lists with teacher.item_embeddings=... and teacher.user_embeddings=..., or {_OTHERS}."
        )
    raise ValueError(
        f"distillation={method} compares embeddings, and the {role} {kind.__name__} has none; "
        "choose another method or another backbone."
    )
