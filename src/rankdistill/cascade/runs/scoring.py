"""Scores of trained rankers: of examples, and of the whole catalogue at requests."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.data.examples import ExampleBatch, ExampleBatches, Examples
from rankdistill.cascade.data.features import RequestFeatures
from rankdistill.cascade.modules.final_ranker import FinalRanker
from rankdistill.cascade.networks.deep_cross import DeepCross
from rankdistill.cascade.networks.multi_interest import MultiInterest

Scorer = Callable[[RequestFeatures, Tensor], Tensor]
"""Computes (batch, num_items, tasks) logits from features and ids of (batch,) requests."""


@torch.inference_mode()
def example_probabilities(
    logits: Callable[[ExampleBatch], Tensor], examples: Examples, request_block: int
) -> Tensor:
    """Compute a ranker's probabilities of examples.

    Args:
        logits: Computes the (n, tasks) logits of a batch.
        examples: The n examples, on the ranker's device.
        request_block: Requests handled at once.

    Returns:
        (n, tasks) float32 on the CPU, in the order of the examples.
    """
    batches = ExampleBatches(examples, request_block)
    return torch.cat([logits(batch).sigmoid().cpu() for batch in batches])


@torch.inference_mode()
def pair_probabilities(
    ranker: FinalRanker,
    data: CascadeData,
    request_ids: Tensor,
    item_ids: Tensor,
    device: torch.device,
    request_block: int = 64,
) -> Tensor:
    """Compute the final ranker's probabilities of pairs.

    Args:
        ranker: The final ranker.
        data: Requests and features.
        request_ids: (n,) int64 on the CPU, ascending.
        item_ids: (n,) int64 on the CPU.
        device: The ranker's device.
        request_block: Requests whose pairs are described and scored at once; bounds the memory.

    Returns:
        (n, tasks) float32 on the CPU.
    """
    _, counts = request_ids.unique_consecutive(return_counts=True)
    sizes = [int(block.sum()) for block in counts.split(request_block)]
    found = []
    for requests, items in zip(request_ids.split(sizes), item_ids.split(sizes), strict=True):
        pairs = data.pairs(requests, items)
        block = Examples(data.users, requests, items, pairs, pairs.new_zeros(len(items), 0))
        found.append(example_probabilities(ranker.logits, block.to(device), request_block))
    return torch.cat(found)


def final_scorer(network: DeepCross, data: CascadeData, device: torch.device) -> Scorer:
    """Score every pair with the final ranker's network, describing each user once."""

    def score(users: RequestFeatures, request_ids: Tensor) -> Tensor:
        items = torch.arange(data.requests.num_items).repeat(len(request_ids))
        rows = torch.arange(len(request_ids)).repeat_interleave(data.requests.num_items)
        pairs = data.pairs(request_ids[rows], items).unflatten(0, (len(request_ids), -1))
        items = items.view(len(request_ids), -1).to(device)
        return network(network.users(users), items, pairs.to(device))

    return score


def early_scorer(network: MultiInterest, data: CascadeData, device: torch.device) -> Scorer:
    """Score by matrix products of interests and items."""
    items = torch.arange(data.requests.num_items, device=device)

    def score(users: RequestFeatures, request_ids: Tensor) -> Tensor:
        return network.score(network.users(users), network.embedded(items))

    return score


@torch.inference_mode()
def catalogue_values(
    scorer: Scorer,
    data: CascadeData,
    request_ids: Tensor,
    value: Tensor,
    request_block: int,
    device: torch.device,
) -> Tensor:
    """Compute what a ranker sorts items by: the weighted sum of the tasks' probabilities.

    Args:
        scorer: The ranker's scorer.
        data: Requests and features.
        request_ids: (n,) int64 on the CPU.
        value: (tasks,) weights.
        request_block: Requests handled at once; bounds the memory to request_block x num_items
            pairs.
        device: The ranker's device.

    Returns:
        (n, num_items) float32 on the CPU.
    """
    weights = value.to(device)
    blocks = [
        (scorer(data.users.take(block).to(device), block).sigmoid() @ weights).cpu()
        for block in request_ids.split(request_block)
    ]
    return torch.cat(blocks)
