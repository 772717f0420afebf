"""What the two rankers of a cascade cost: floating-point operations and seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.modules.early_ranker import EarlyRanker
from rankdistill.cascade.modules.final_ranker import FinalRanker
from rankdistill.runs.timing import median_seconds

CANDIDATES = 2000
"""Candidates of the request that is timed, drawn from the catalogue with replacement."""

_REPETITIONS = 15


def ranker_costs(
    final: FinalRanker, early: EarlyRanker, data: CascadeData, device: torch.device
) -> dict[str, Any]:
    """Measure both rankers, in eval mode, on one request of ``CANDIDATES`` items.

    Returns:
        ``candidates``, and for ``final_ranker`` and ``early_ranker`` each ``flops_per_item``,
        ``flops_per_request`` (needed once, whatever the candidates) and
        ``microseconds_per_item`` of the whole request.
    """
    generator = torch.Generator().manual_seed(0)
    items = torch.randint(data.requests.num_items, (CANDIDATES,), generator=generator)
    last = torch.tensor([len(data.requests) - 1])
    users = data.users.take(last).to(device)
    pairs = data.pairs(last.expand(CANDIDATES), items).to(device)
    items = items.to(device)
    final_network, early_network = final.to(device).network, early.to(device).network
    return {
        "candidates": CANDIDATES,
        "final_ranker": _cost(
            lambda: final_network.users(users),
            lambda known: final_network(known, items[None], pairs[None]),
            device,
        ),
        "early_ranker": _cost(
            lambda: early_network.users(users),
            lambda known: early_network.score(known, early_network.embedded(items)),
            device,
        ),
    }


def _cost(
    describe_user: Callable[[], Any], score_items: Callable[[Any], Any], device: torch.device
) -> dict[str, float]:
    with torch.inference_mode():
        known = describe_user()
    (seconds,) = median_seconds([lambda: score_items(describe_user())], device, _REPETITIONS)
    return {
        "flops_per_item": count_flops(lambda: score_items(known)) / CANDIDATES,
        "flops_per_request": float(count_flops(describe_user)),
        "microseconds_per_item": 1e6 * seconds / CANDIDATES,
    }


def count_flops(run: Callable[[], object]) -> int:
    """Operations of all matrix products in a call, by PyTorch's counter: two per multiply-add.

    Products of single elements, look-ups and softmax are not counted.
    """
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        run()
    return counter.get_total_flops()
