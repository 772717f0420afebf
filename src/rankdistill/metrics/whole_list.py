"""Average precision over the whole ranking of the catalogue, where no rank is cut off."""

from __future__ import annotations

import math

import torch
from torch import Tensor

MAP_OF_WHOLE_LIST = "map@all"

_CELLS_AT_ONCE = 1 << 20  # keeps the scores that are compared at once in the processor's cache


def held_out_ranks(
    scores: Tensor, held_out_rows: Tensor, held_out_items: Tensor
) -> tuple[Tensor, Tensor]:
    """Find the rank of each held-out item, ties against the model.

    Args:
        scores: (block, num_items) floating point, items that may not be ranked at -inf.
        held_out_rows: (n,) int64 in [0, block), ascending.
        held_out_items: (n,) int64, its item; finite scores.

    Returns:
        (n,) int64 ranks from 1, and (n,) int64, the held-out items of the row up to this rank;
        both in the order of the rows, and in a row best rank first.
    """
    own = scores[held_out_rows, held_out_items]
    order = own.argsort(descending=True, stable=True)
    order = order[held_out_rows[order].argsort(stable=True)]
    rows = held_out_rows[order]
    first = torch.searchsorted(rows, rows)
    found = torch.arange(1, len(rows) + 1, device=rows.device) - first
    return count_not_below(scores, rows, held_out_items[order]) + found, found


def count_not_below(scores: Tensor, held_out_rows: Tensor, held_out_items: Tensor) -> Tensor:
    """Count the candidates that score as well as each held-out item, or better.

    Candidates of a row are its items that are neither masked nor held out. Ties count against the
    model.

    Args:
        scores: (block, num_items) floating point, masked items at -inf.
        held_out_rows: (n,) int64 in [0, block), the row of each held-out item.
        held_out_items: (n,) int64, its item.

    Returns:
        (n,) int64.
    """
    own = scores[held_out_rows, held_out_items]
    every_row = torch.arange(len(scores), device=scores.device)
    if torch.equal(held_out_rows, every_row):  # one item each: nothing needs to be copied
        return count_at_least(scores, own) - 1
    at_once = max(1, _CELLS_AT_ONCE // scores.shape[1])
    candidates = scores.index_put((held_out_rows, held_out_items), own.new_tensor(-math.inf))
    parts = []
    for rows, values in zip(held_out_rows.split(at_once), own.split(at_once), strict=True):
        parts.append((candidates.index_select(0, rows) >= values[:, None]).sum(1))
    return torch.cat(parts)


def count_at_least(scores: Tensor, bounds: Tensor) -> Tensor:
    """Count the scores of each row that are no less than its bound.

    Args:
        scores: (block, num_items) floating point.
        bounds: (block,).

    Returns:
        (block,) int64.
    """
    at_once = max(1, _CELLS_AT_ONCE // scores.shape[1])
    blocks = zip(scores.split(at_once), bounds.split(at_once), strict=True)
    return torch.cat([(block >= bound[:, None]).sum(1) for block, bound in blocks])


@torch.no_grad()
def whole_list_average_precision(
    scores: Tensor, held_out_rows: Tensor, held_out_items: Tensor, num_held_out: Tensor
) -> Tensor:
    """Mean, over a user's held-out items, of the precision at each of their ranks.

    AP = sum over held-out items at rank r of (held-out items up to r) / r, divided by their number.

    Args:
        scores: (block, num_items) floating point, items that may not be ranked at -inf.
        held_out_rows: (n,) int64 in [0, block), ascending, the row of each held-out item.
        held_out_items: (n,) int64, its item; finite scores.
        num_held_out: (block,) int64, all held-out items of each user.

    Returns:
        (block,) float32 in [0, 1]; 0 where ``num_held_out`` is 0.

    Reference:
        The MAP of Tang and Wang, "Personalized Top-N Sequential Recommendation via Convolutional
        Sequence Embedding", WSDM 2018.
    """
    sums = torch.zeros(len(scores), device=scores.device)
    if len(held_out_rows):
        ranks, found = held_out_ranks(scores, held_out_rows, held_out_items)
        sums.index_add_(0, held_out_rows, (found / ranks).float())
    return sums / num_held_out.clamp(min=1)
