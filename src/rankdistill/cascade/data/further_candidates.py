"""Candidates that a request did not show, for the final ranker to score offline."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rankdistill.cascade.data.catalogue import Catalogue
from rankdistill.cascade.data.examples import Examples
from rankdistill.cascade.data.impressions import Impressions
from rankdistill.cascade.data.requests import Requests


@dataclass(frozen=True, eq=False)
class FurtherCandidates:
    """One row per candidate.

    Attributes:
        request_ids: (n,) int64, ascending.
        item_ids: (n,) int64.
    """

    request_ids: Tensor
    item_ids: Tensor

    def __len__(self) -> int:
        return len(self.request_ids)


def draw_further(
    requests: Requests,
    catalogue: Catalogue,
    shown: Impressions,
    number: int,
    generator: torch.Generator,
    request_block: int = 512,
) -> FurtherCandidates:
    """Draw candidates of each request that has impressions, uniformly without replacement.

    Args:
        requests: All requests.
        catalogue: The catalogue of these requests.
        shown: The impressions of some requests; none of them is drawn.
        number: How many a request, at least 1; all of them where there are fewer.
        generator: Source of the draws, on the CPU.
        request_block: Requests handled at once; bounds the memory to request_block x num_items.
    """
    drawn: list[tuple[Tensor, Tensor]] = []
    request_ids, counts = shown.request_ids.unique_consecutive(return_counts=True)
    pieces = zip(request_ids.split(request_block), counts.split(request_block), strict=True)
    first = 0
    for block, of_each in pieces:
        last = first + int(of_each.sum())
        rows = torch.arange(len(block)).repeat_interleave(of_each)
        left = catalogue.candidates(requests, block)
        left[rows, shown.item_ids[first:last]] = False
        # Lots of 0 are for what cannot be drawn.
        lots, items = ((1 - torch.rand(left.shape, generator=generator)) * left).topk(
            min(number, requests.num_items), dim=1
        )
        rows, columns = (lots > 0).nonzero(as_tuple=True)
        drawn.append((block[rows], items[rows, columns]))
        first = last
    return FurtherCandidates(*(torch.cat(column) for column in zip(*drawn, strict=True)))


def with_further(examples: Examples, further: FurtherCandidates, probabilities: Tensor) -> Examples:
    """Add candidates that nobody saw to examples that have a log.

    Args:
        examples: What was shown, with teacher labels.
        further: The n candidates to add.
        probabilities: (n, tasks) of the final ranker.

    Returns:
        All of them, sorted by request; what users did counts in what was shown alone. They have no
        features of pairs, which no early ranker reads.
    """
    teacher, weights = examples.teacher, examples.teacher_weights
    candidates, count = examples.candidates, len(further)
    assert teacher is not None, "the examples have no log"
    assert weights is not None, "the examples have no log"
    assert candidates is not None, "all candidates are examples already"
    _, counts = examples.request_ids.unique_consecutive(return_counts=True)
    of_requests = candidates[counts.cumsum(0) - 1]
    rows = torch.searchsorted(examples.request_ids.unique_consecutive(), further.request_ids)
    request_ids = torch.cat([examples.request_ids, further.request_ids])
    order = request_ids.argsort(stable=True)

    def merged(of_shown: Tensor, of_further: Tensor) -> Tensor:
        return torch.cat([of_shown, of_further])[order]

    return replace(
        examples,
        request_ids=request_ids[order],
        item_ids=merged(examples.item_ids, further.item_ids),
        pairs=probabilities.new_zeros(len(order), 0),
        labels=merged(examples.labels, torch.zeros_like(probabilities)),
        label_weights=merged(torch.ones(len(examples)), torch.zeros(count)),
        teacher=merged(teacher, probabilities),
        teacher_weights=merged(weights, torch.ones(count)),
        candidates=merged(candidates, of_requests[rows]),
    )
