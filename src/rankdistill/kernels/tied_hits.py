"""Let hits come last among items of equal scores, however many ranks these take."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import pad

from rankdistill.kernels.placement import on_cpu

_CELLS_AT_ONCE = 1 << 20  # keeps what is compared at once inside the processor's cache


def ranked_after_equals(
    hits: Tensor, values: Tensor, scores: Tensor, held_out_rows: Tensor, held_out_scores: Tensor
) -> Tensor:
    """Move the hits of each row behind all other items that score equally.

    On a CPU rows without such items cost nothing. A GPU would have to be asked which rows those
    are, so all rows are treated alike.

    Args:
        hits: (block, depth) bool, which of the best items are held out, best rank first.
        values: (block, depth) their scores.
        scores: (block, num_items) the scores of all items; masked ones at -inf.
        held_out_rows: (n,) int64, the row of each held-out item.
        held_out_scores: (n,) its score.

    Returns:
        (block, depth) bool. Right but for the last rank, where ``depth`` is below ``num_items``.
    """
    if on_cpu(scores):
        ties = (values[:, 1:] == values[:, :-1]) & (values[:, 1:] > -math.inf)
        if not bool(ties.any()):
            return hits
    hits = _last_among_equals(hits, values)
    if values.shape[1] == scores.shape[1]:
        return hits
    last = values[:, -1]
    held_out_at_last = torch.zeros_like(last, dtype=torch.int64).index_add_(
        0, held_out_rows, (held_out_scores == last[held_out_rows]).long()
    )
    straddles = (values[:, -2] == last) & (held_out_at_last > 0)
    if not on_cpu(scores):
        return _settled(hits, values, scores, held_out_at_last, straddles)
    for rows in straddles.nonzero()[:, 0].split(max(1, _CELLS_AT_ONCE // scores.shape[1])):
        some = (each[rows] for each in (hits, values, scores, held_out_at_last, straddles))
        hits[rows] = _settled(*some)
    return hits


def _last_among_equals(hits: Tensor, values: Tensor) -> Tensor:
    """Within every run of equal values (block, depth), move the hits to its end."""
    groups = pad((values[:, 1:] != values[:, :-1]).cumsum(1), (1, 0))
    return torch.sort(2 * groups + hits, dim=1).values % 2 == 1


def _settled(
    hits: Tensor, values: Tensor, scores: Tensor, held_out_at_last: Tensor, straddles: Tensor
) -> Tensor:
    """Correct hits where equal values reach past the last rank.

    Whoever found the best items took an arbitrary part of these. Those that are not held out fill
    the ranks of this value first, so the first hit comes after as many ranks as there are such
    items.
    """
    run = values[:, -1:]
    not_held_out = (scores == run).sum(1) - held_out_at_last
    first_hit = (values > run).sum(1) + not_held_out
    in_run = (values == run) & straddles[:, None]
    positions = torch.arange(hits.shape[1], device=hits.device)
    return torch.where(in_run, positions >= first_hit[:, None], hits)
