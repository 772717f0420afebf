"""Impressions: the candidates that users were shown, and how they rated each."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rankdistill.cascade.data.catalogue import Catalogue
from rankdistill.cascade.data.requests import Requests


@dataclass(frozen=True, eq=False)
class Impressions:
    """One row per candidate shown.

    Attributes:
        request_ids: (n,) int64, ascending.
        item_ids: (n,) int64.
        ratings: (n,) float32; 0 where the user passed the item by.
    """

    request_ids: Tensor
    item_ids: Tensor
    ratings: Tensor

    def __len__(self) -> int:
        return len(self.request_ids)


def ratings_of_candidates(requests: Requests, candidates: Tensor, request_ids: Tensor) -> Tensor:
    """Look up the ratings of every candidate.

    Args:
        requests: All requests.
        candidates: (batch, num_items) bool.
        request_ids: (batch,) int64.

    Returns:
        (batch, num_items) float32; 0 where the item was not rated or is no candidate.
    """
    rows, places = requests.rated(request_ids)
    ratings = torch.zeros(candidates.shape)
    ratings[rows, requests.item_ids[places]] = requests.ratings[places]
    return ratings * candidates


def draw_impressions(
    requests: Requests,
    catalogue: Catalogue,
    part: int,
    passed_by: int,
    generator: torch.Generator,
    request_block: int = 512,
) -> Impressions:
    """Draw impressions: what the user rated at a request, and other candidates.

    Args:
        requests: All requests.
        catalogue: The catalogue of these requests.
        part: TRAIN, VALIDATION or TEST.
        passed_by: Number of other candidates per request, drawn uniformly without replacement;
            all of them where there are fewer.
        generator: Source of the draws, on the CPU.
        request_block: Requests handled at once; bounds the memory to request_block x num_items.
    """
    if passed_by < 1:
        raise ValueError(f"impressions.passed_by must be at least 1, got {passed_by}.")
    shown: list[tuple[Tensor, Tensor, Tensor]] = []
    for block in requests.of_part(part).split(request_block):
        candidates = catalogue.candidates(requests, block)
        ratings = ratings_of_candidates(requests, candidates, block)
        # The rated come first, then the others by lot.
        lots = torch.rand(candidates.shape, generator=generator) * candidates + (ratings > 0)
        num_rated = (ratings > 0).sum(1, keepdim=True)
        depth = min(int(num_rated.max()) + passed_by, requests.num_items)
        lots, items = lots.topk(depth, dim=1)
        is_shown = (lots > 0) & (torch.arange(depth) < num_rated + passed_by)
        rows, columns = is_shown.nonzero(as_tuple=True)
        items = items[rows, columns]
        shown.append((block[rows], items, ratings[rows, items]))
    return Impressions(*(torch.cat(column) for column in zip(*shown, strict=True)))
