"""Which logs a form of student learns side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rankdistill.cascade.config import CascadeConfig
from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.modules.early_ranker import EarlyRanker
from rankdistill.cascade.runs.fit import measuring_device
from rankdistill.cascade.runs.fit_stack import students_at_once
from rankdistill.cascade.runs.log_variants import LogVariant
from rankdistill.cascade.runs.models import make_logging

_PRECISION = "32-true"
"""In half precision a step is left out where a gradient overflows, for all of a stack."""


def variants_side_by_side(
    cfg: CascadeConfig,
    variants: Sequence[LogVariant],
    students: Mapping[str, EarlyRanker],
    data: CascadeData,
) -> list[list[LogVariant]]:
    """Part logs into those that are learned side by side: the ones of equal examples.

    Logs with further candidates are learned one by one. They hold several times as many examples,
    so that a step is bound by arithmetic.

    Args:
        cfg: The configuration.
        variants: The logs beside the main one.
        students: An early ranker of each form.
        data: Requests, features and impressions.

    Returns:
        The logs of each stack; a stack of one is trained alone. All of them together are the
        variants.
    """
    stackable, alone = [], []
    for variant in variants:
        has_further = make_logging(cfg, variant.changes).rescore > 0
        (alone if has_further else stackable).append(variant)
    size = _at_once(cfg, next(iter(students.values())), data)
    stacks = [stackable[first : first + size] for first in range(0, len(stackable), size)]
    return [*stacks, *([variant] for variant in alone)]


def place_of(student: str, variant: LogVariant) -> str:
    """Name the folder of a student that learns from a log beside the main one."""
    return f"{student}-{variant.name}"


def _at_once(cfg: CascadeConfig, student: EarlyRanker, data: CascadeData) -> int:
    if cfg.trainer.precision != _PRECISION:
        return 1
    on_cpu = measuring_device(cfg.trainer).type == "cpu"
    bounds = cfg.stack.memory_gib, cfg.stack.at_once
    return students_at_once(student, data.examples["train"], *bounds, on_cpu)
