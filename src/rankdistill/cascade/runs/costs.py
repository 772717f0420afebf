"""What the two trained rankers of a cascade cost, side by side."""

from __future__ import annotations

from typing import Any

import torch

from rankdistill.cascade.data.cascade_data import CascadeData
from rankdistill.cascade.modules.early_ranker import EarlyRanker
from rankdistill.cascade.modules.final_ranker import FinalRanker
from rankdistill.cascade.runs.cost import early_cost, final_cost

CANDIDATES = 2000
"""Of the request that is timed, drawn from the catalogue with replacement."""


def costs(
    final: FinalRanker, early: EarlyRanker, data: CascadeData, device: torch.device
) -> dict[str, Any]:
    """Cost of one request of ``CANDIDATES`` for each ranker; see cascade.cost."""
    generator = torch.Generator().manual_seed(0)
    items = torch.randint(data.requests.num_items, (CANDIDATES,), generator=generator)
    last = torch.tensor([len(data.requests) - 1])
    users = data.users.take(last).to(device)
    pairs = data.pairs(last.expand(CANDIDATES), items).to(device)
    items = items.to(device)
    return {
        "candidates": CANDIDATES,
        "final_ranker": final_cost(final.to(device).network, users, items, pairs),
        "early_ranker": early_cost(early.to(device).network, users, items),
    }
