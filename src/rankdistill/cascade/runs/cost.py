"""What a request costs each ranker: floating point operations counted, and seconds measured."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from rankdistill.cascade.data.features import RequestFeatures
from rankdistill.cascade.networks.deep_cross import DeepCross
from rankdistill.cascade.networks.multi_interest import MultiInterest

REPEATS = 15


def flops(run: Callable[[], object]) -> int:
    """Operations of all matrix products in a call, by PyTorch's counter: two a multiply-add.

    Products of single elements, look-ups and softmax are not counted.
    """
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        run()
    return counter.get_total_flops()


def seconds(run: Callable[[], object]) -> float:
    """Median seconds of a call, after one that does not count."""
    taken = []
    with torch.inference_mode():
        for _ in range(REPEATS + 1):
            start = time.perf_counter()
            run()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            taken.append(time.perf_counter() - start)
    return statistics.median(taken[1:])


def final_cost(
    network: DeepCross, users: RequestFeatures, item_ids: Tensor, pairs: Tensor
) -> dict[str, float]:
    """Cost of the final ranker for one request.

    Args:
        network: In eval mode.
        users: Features of the one request.
        item_ids: (candidates,) int64.
        pairs: (candidates, num_pair_features).

    Returns:
        ``flops_per_item``, ``flops_per_request`` (paid once, whatever the candidates) and
        ``microseconds_per_item`` of a whole request.
    """
    item_ids, pairs = item_ids[None], pairs[None]
    with torch.inference_mode():
        known = network.users(users)
    return _cost(
        lambda: network.users(users),
        lambda: network(known, item_ids, pairs),
        lambda: network(network.users(users), item_ids, pairs),
        item_ids.shape[1],
    )


def early_cost(
    network: MultiInterest, users: RequestFeatures, item_ids: Tensor
) -> dict[str, float]:
    """The same of the early ranker; see ``final_cost``."""
    with torch.inference_mode():
        known = network.users(users)
    return _cost(
        lambda: network.users(users),
        lambda: network.score_all(known, item_ids),
        lambda: network.score_all(network.users(users), item_ids),
        len(item_ids),
    )


def _cost(
    of_request: Callable[[], object],
    of_items: Callable[[], object],
    whole: Callable[[], object],
    num_items: int,
) -> dict[str, float]:
    return {
        "flops_per_item": flops(of_items) / num_items,
        "flops_per_request": float(flops(of_request)),
        "microseconds_per_item": 1e6 * seconds(whole) / num_items,
    }
