"""Both rankers' networks, small, with weights that are nowhere zero."""

from __future__ import annotations

import torch
from torch import nn

from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.data.tasks import TASKS
from rankdistill.cascade.networks.deep_cross import DeepCross
from rankdistill.cascade.networks.multi_interest import MultiInterest

DEEP_CROSS = {
    "dim": 4,
    "attended": 6,
    "user_dim": 5,
    "cross_layers": 2,
    "cross_rank": 3,
    "hidden": [7, 6],
}
MULTI_INTEREST = {"interests": 3, "dim": 4, "hidden": [9]}


def deep_cross(data: CascadeData, seed: int = 0) -> DeepCross:
    """A final ranker's network."""
    torch.manual_seed(seed)
    network = DeepCross(data.vocabulary, len(TASKS), data.items, **DEEP_CROSS)
    return _stirred(network)


def multi_interest(data: CascadeData, seed: int = 0) -> MultiInterest:
    """An early ranker's network."""
    torch.manual_seed(seed)
    return _stirred(MultiInterest(data.vocabulary, len(TASKS), **MULTI_INTEREST))


def _stirred(network: nn.Module):
    with torch.no_grad():
        for weight in network.parameters():
            weight += 0.3 * torch.randn_like(weight)
    return network.eval()
