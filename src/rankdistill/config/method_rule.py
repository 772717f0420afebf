"""Choose a method by rules of the configuration: a function of the data, student and teacher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Circumstances(NamedTuple):
    """What a choice of the method depends on.

    Attributes:
        num_interactions: Of training.
        embedding_dim: Size of the student's embeddings; None where it has no such setting.
        by_place: Whether the student learns from places within histories.
        softmax_teacher: Whether the teacher learns by the softmax, so that its scores are
            log-probabilities but for a constant.
    """

    num_interactions: int
    embedding_dim: int | None
    by_place: bool
    softmax_teacher: bool


@dataclass(kw_only=True)
class MethodRule:
    """Conditions, and the methods that students learn by where all of them hold.

    Attributes:
        interactions_from: Least interactions of training; None: any number.
        embedding_dim_to: Largest size of the student; None: any.
        by_place: Whether students learn from places within histories; None: whether or not.
        softmax_teacher: Whether the teacher learns by the softmax; None: whether or not.
        methods: Those that are active, by name.
        alpha: The teacher's share.
        top_k: Length of the teacher's ranking.
    """

    interactions_from: int | None = None
    embedding_dim_to: int | None = None
    by_place: bool | None = None
    softmax_teacher: bool | None = None
    methods: list[str]
    alpha: float
    top_k: int

    def holds(self, found: Circumstances) -> bool:
        """Tell whether every condition holds."""
        at_least, at_most, dim = self.interactions_from, self.embedding_dim_to, found.embedding_dim
        return (
            (at_least is None or found.num_interactions >= at_least)
            and (at_most is None or (dim is not None and dim <= at_most))
            and self.by_place in (None, found.by_place)
            and self.softmax_teacher in (None, found.softmax_teacher)
        )


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
