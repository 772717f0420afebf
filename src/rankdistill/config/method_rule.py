"""Choose a method by rules of the configuration: a function of the data, student and teacher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Circumstances(NamedTuple):
    """What a choice of the method depends on.

    Attributes:
        num_interactions: Of training.
        num_items: Of the catalogue.
        embedding_dim: Size of the student's embeddings; None where it has no such setting.
        by_place: Whether the student learns from places within histories.
        softmax_student: Whether the student's own loss is the softmax.
        softmax_teacher: Whether the teacher's is, so that its scores are log-probabilities but for
            a constant.
        teacher_scores_all: Whether the teacher scores the whole catalogue; a list from a file does
            not.
    """

    num_interactions: int
    num_items: int
    embedding_dim: int | None
    by_place: bool
    softmax_student: bool
    softmax_teacher: bool
    teacher_scores_all: bool


@dataclass(kw_only=True)
class MethodRule:
    """Conditions, and the methods that students learn by where all of them hold.

    Attributes:
        interactions_from: Least interactions of training; None: any number.
        items_to: Largest catalogue; None: any.
        embedding_dim_to: Largest size of the student; None: any.
        by_place: Whether students learn from places within histories; None: whether or not.
        softmax_student: Whether the student's own loss is the softmax; None: whether or not.
        softmax_teacher: Whether the teacher's is; None: whether or not.
        teacher_scores_all: Whether the teacher scores the whole catalogue; None: whether or not.
        methods: Those that are active, by name.
        alpha: The teacher's share.
        top_k: Length of the teacher's ranking.
        learning_rate: Of the student, distilled or alone; None: as without rules.
        weight_decay: Likewise.
    """

    interactions_from: int | None = None
    items_to: int | None = None
    embedding_dim_to: int | None = None
    by_place: bool | None = None
    softmax_student: bool | None = None
    softmax_teacher: bool | None = None
    teacher_scores_all: bool | None = None
    methods: list[str]
    alpha: float
    top_k: int
    learning_rate: float | None = None
    weight_decay: float | None = None

    def holds(self, found: Circumstances) -> bool:
        """Tell whether every condition holds."""
        at_least = self.interactions_from
        return (
            (at_least is None or found.num_interactions >= at_least)
            and (self.items_to is None or found.num_items <= self.items_to)
            and self.takes(found.embedding_dim)
            and self.by_place in (None, found.by_place)
            and self.softmax_student in (None, found.softmax_student)
            and self.softmax_teacher in (None, found.softmax_teacher)
            and self.teacher_scores_all in (None, found.teacher_scores_all)
        )

    def takes(self, embedding_dim: int | None) -> bool:
        """Tell whether the student is small enough."""
        at_most = self.embedding_dim_to
        return at_most is None or (embedding_dim is not None and embedding_dim <= at_most)

    @property
    def training(self) -> dict[str, float]:
        """The settings of training that the rule has a value for."""
        values = {"learning_rate": self.learning_rate, "weight_decay": self.weight_decay}
        return {name: value for name, value in values.items() if value is not None}


def first_that_holds(rules: Mapping[str, MethodRule], found: Circumstances) -> str:
    """Find the name of the first rule that holds.

    Raises:
        ValueError: If none does.
    """
    name = next((name for name, rule in rules.items() if rule.holds(found)), None)
    if name is None:
        raise ValueError(
            "No rule of method_rules holds for these data, student and teacher: the last one must "
            "have no condition."
        )
    return name
