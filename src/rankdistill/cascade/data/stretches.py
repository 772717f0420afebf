"""Stretches of time, so that a final ranker logs what it was not trained on."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.cascade.data.examples import Examples

HELD_BACK = 0.1
"""Share of the requests before a stretch, the latest, that choose its final ranker's epoch."""


def stretches_of(examples: Examples, times: Tensor, number: int) -> Tensor:
    """Cut the requests of examples into stretches of time with equally many requests.

    Args:
        examples: The n examples.
        times: (requests,) int64 time of every request of the data.
        number: Number K of stretches, at least 1.

    Returns:
        (n,) int64 from 0, the earliest.

    Raises:
        ValueError: If there are fewer requests than stretches.
    """
    return (_places_in_time(examples, times, number) * number).floor().long()


def before_stretch(
    examples: Examples, times: Tensor, number: int, stretch: int
) -> tuple[Examples, Examples]:
    """Divide what came before a stretch into examples to learn from, and the latest of them.

    Args:
        examples: All examples.
        times: (requests,) int64 time of every request of the data.
        number: Number K of stretches.
        stretch: Number of the stretch, from 1.

    Returns:
        Examples to learn from, and those that choose the epoch.
    """
    places = _places_in_time(examples, times, number)
    held = (places * number / stretch) >= 1 - HELD_BACK
    before = (places * number).floor() < stretch
    return examples.where(before & ~held), examples.where(before & held)


def _places_in_time(examples: Examples, times: Tensor, number: int) -> Tensor:
    """(n,) float64 in [0, 1): the share of requests that come before an example's request."""
    request_ids, rows = examples.request_ids.unique_consecutive(return_inverse=True)
    if number > len(request_ids):
        raise ValueError(
            f"log.stretches is {number}, but there are {len(request_ids)} requests to cut; use "
            "fewer stretches or more data."
        )
    order = times[request_ids].argsort(stable=True)
    places = torch.empty(len(order), dtype=torch.float64)
    places[order] = torch.arange(len(order), dtype=torch.float64) / len(order)
    return places[rows]
