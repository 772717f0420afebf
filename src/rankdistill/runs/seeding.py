"""One seed for everything that is drawn in a run, once the split is made."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any


def with_seed(cfg: dict[str, Any], seed: int) -> dict[str, Any]:
    """The configuration with one seed for initialisation and sampling of all models.

    A teacher that is solved in closed form draws nothing and keeps its seed, so that the store
    holds it once.
    """
    seeded = copy.deepcopy(cfg)
    for node in (seeded["seed"], *_teacher_seeds(seeded.get("teacher"))):
        node["initialization"] = node["sampling"] = seed
    return seeded


def _teacher_seeds(teacher: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """The seeds of a teacher, and of the members of an ensemble."""
    if teacher is None:
        return
    members = teacher.get("members") or {}
    if members or teacher["ranking_loss"] is not None:
        yield teacher["seed"]
    for member in members.values():
        yield from _teacher_seeds(member)
