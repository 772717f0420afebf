"""How much memory a job takes in a stack, and how many jobs are trained at once."""

from __future__ import annotations

from rankdistill.data.interactions import Interactions
from rankdistill.data.seen_items import SeenItems
from rankdistill.modules.recommender import Recommender

_COPIES_OF_WEIGHTS = 4
"""The weights, their gradient, and Adam's two moments."""
_COPIES_OF_ROWS = 5
"""Scores of a batch and their gradient, and what losses and methods make of them meanwhile."""
_BYTES = 4

_AT_ONCE_ON_CPU = 12
"""Beyond these the tables of a batch outgrow the processor's cache, and a job costs more."""


def bytes_of_job(module: Recommender, train: Interactions) -> int:
    """Estimate what one more job takes, in bytes.

    Args:
        module: The job, as it would be trained alone.
        train: Its training interactions.
    """
    weights = sum(parameter.numel() for parameter in module.backbone.parameters())
    rows = max(module.row_readers().values(), default=0)
    scores = min(rows, train.num_users) * train.num_items
    seen = train.num_users * train.num_items
    numbers = _COPIES_OF_WEIGHTS * weights + _COPIES_OF_ROWS * scores
    numbers += min(seen, SeenItems.LISTED) + 4 * train.num_interactions
    return _BYTES * numbers


def jobs_at_once(bytes_of_one: float, memory_gib: float, wanted: int | None, on_cpu: bool) -> int:
    """Choose how many jobs a stack holds.

    Args:
        bytes_of_one: What a job takes, estimated or measured.
        memory_gib: What a stack may take, in GiB.
        wanted: What was asked for at most; None: as many as pay.
        on_cpu: Whether they are trained on a CPU.
    """
    fitting = max(1, int(memory_gib * 2**30 / bytes_of_one))
    if wanted is not None:
        return min(wanted, fitting)
    return min(fitting, _AT_ONCE_ON_CPU) if on_cpu else fitting
