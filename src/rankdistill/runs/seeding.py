"""Set one seed for everything that is drawn in a run after the split."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from rankdistill.config.model import ModelConfig
from rankdistill.config.teacher import TeacherConfig

_Config = TypeVar("_Config", bound=ModelConfig)


def with_seed(cfg: _Config, seed: int) -> _Config:
    """Set one seed for initialisation and sampling of all models.

    A teacher that is solved in closed form draws nothing. It keeps its seed, so that the store
    holds it once.
    """
    own = replace(cfg.seed, initialization=seed, sampling=seed)
    teacher = None if cfg.teacher is None else _teacher_with_seed(cfg.teacher, seed)
    return replace(cfg, seed=own, teacher=teacher)


def _teacher_with_seed(teacher: TeacherConfig, seed: int) -> TeacherConfig:
    """Set the seed of a teacher, and of the members of an ensemble."""
    members = teacher.members
    if members:
        members = {name: _teacher_with_seed(each, seed) for name, each in members.items()}
    elif teacher.ranking_loss is None:
        return teacher
    own = replace(teacher.seed, initialization=seed, sampling=seed)
    return replace(teacher, seed=own, members=members)
