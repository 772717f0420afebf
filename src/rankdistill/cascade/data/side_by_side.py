"""Examples that differ in what was logged of them alone, as one set of examples."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from rankdistill.cascade.data.examples import Examples


def logs_side_by_side(examples: Sequence[Examples]) -> Examples:
    """Join the logs of the same examples.

    Args:
        examples: One set for each log, equal but for what was logged.

    Returns:
        The examples, with teacher labels (n, logs, tasks) and their weights (n, logs).

    Raises:
        ValueError: If the sets hold different pairs of request and item.
    """
    first, *others = examples
    teacher, weights = [], []
    for each in examples:
        assert each.teacher is not None
        assert each.teacher_weights is not None
        teacher.append(each.teacher)
        weights.append(each.teacher_weights)
    if not all(_hold_the_same(first, other) for other in others):
        raise ValueError("Logs of different examples cannot be learned side by side.")
    return first.with_teacher(torch.stack(teacher, dim=1), torch.stack(weights, dim=1))


def _hold_the_same(one: Examples, other: Examples) -> bool:
    return torch.equal(one.request_ids, other.request_ids) and torch.equal(
        one.item_ids, other.item_ids
    )
