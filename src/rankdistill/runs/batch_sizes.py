"""Choose the sizes of batches for the data, where the configuration gives a rule."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TypeVar

from rankdistill.building import Component, target_class
from rankdistill.config.batch_size import GrowingBatch
from rankdistill.config.model import ModelConfig
from rankdistill.config.teacher import TeacherConfig
from rankdistill.config.training import Training
from rankdistill.data.batches import UserBatches
from rankdistill.data.interactions import Interactions

logger = logging.getLogger(__name__)

_Config = TypeVar("_Config", bound=ModelConfig)


def with_batch_sizes(cfg: _Config, train: Interactions) -> _Config:
    """Put a number in the place of every rule for a batch size.

    Args:
        cfg: The configuration of a model, its teacher and the plain student.
        train: The training interactions.

    Returns:
        The configuration, in which every batch size is a number.
    """
    loss, allow = cfg.ranking_loss, cfg.allow_targets
    student = cfg.student
    if student is not None:
        student = replace(student, training=_sized(student.training, loss, train, allow))
    return replace(
        cfg,
        training=_sized(cfg.training, loss, train, allow),
        student=student,
        teacher=None if cfg.teacher is None else _teacher_sized(cfg.teacher, train, allow),
    )


def _teacher_sized(
    teacher: TeacherConfig, train: Interactions, allow: Sequence[str]
) -> TeacherConfig:
    """Put numbers in a teacher's settings, and in those of the members of an ensemble."""
    members = teacher.members
    if members is not None:
        members = {name: _teacher_sized(one, train, allow) for name, one in members.items()}
    training = teacher.training
    if training is not None and teacher.ranking_loss is not None:
        training = _sized(training, teacher.ranking_loss, train, allow)
    return replace(teacher, training=training, members=members)


def _sized(
    training: Training, ranking_loss: Component, train: Interactions, allow: Sequence[str]
) -> Training:
    rule = training.batch_size
    if not isinstance(rule, GrowingBatch):
        return training
    takes_users = getattr(target_class(ranking_loss, allow), "batches", None) is UserBatches
    num_rows = int((train.counts > 0).sum()) if takes_users else train.num_interactions
    size = rule.size(num_rows, train.num_items)
    if size > rule.least:
        _tell(size, "users" if takes_users else "pairs", ranking_loss.name, rule.least)
    return replace(training, batch_size=size)


@cache
def _tell(size: int, rows: str, ranking_loss: str, least: int) -> None:
    """Log a size that is not that of small data, once in a process."""
    logger.info(
        "%s takes batches of %s %s, because the data are large; training.batch_size=%d takes those "
        "of small data.",
        ranking_loss,
        f"{size:,}",
        rows,
        least,
    )
