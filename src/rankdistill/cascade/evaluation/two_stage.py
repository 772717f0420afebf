"""Quality of the two-stage ranking: the early ranker keeps m candidates, the final re-ranks them.

Ties count against the rankers: of all ways to order equal scores of either ranker, the worst for
the metric counts, at every k and m. Among equal final scores relevant items come last. Among equal
early scores items that are not relevant are kept first, those with the highest final scores before
others; then relevant items, those with the highest final scores last. Requests without a relevant
item have no value: NaN, to be left out of means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from rankdistill.cascade.evaluation.candidate_orders import (
    cut_offs,
    order_of,
    ranks_of,
    refuse_misfits,
)


class Found(NamedTuple):
    """What a ranking finds; NaN without relevant items.

    Attributes:
        recall: Share of a request's relevant items that it shows.
        ndcg: NDCG; the ideal has min(k, number of relevant items) hits first.
    """

    recall: Tensor
    ndcg: Tensor


def two_stages(
    final_scores: Tensor,
    early_scores: Tensor,
    candidates: Tensor,
    relevant: Tensor,
    top_k: Sequence[int],
    kept: Sequence[int],
) -> Found:
    """Measure what survives both cuts.

    An item survives both if it is among the early ranker's top m and then among the final ranker's
    top k of those m.

    Args:
        final_scores: (requests, candidates) floating point.
        early_scores: (requests, candidates) floating point.
        candidates: (requests, candidates) bool; scores elsewhere are not read.
        relevant: (requests, candidates) bool, true on candidates only.
        top_k: Cut-offs k of the final ranker, each at least 1.
        kept: Numbers m that the early ranker keeps, each at least 1.

    Returns:
        (requests, len(top_k), len(kept)) float64 each, in [0, 1].

    Raises:
        ValueError: If shapes or types do not fit, a cut-off is below 1, or a relevant item is no
            candidate.
        FloatingPointError: If a candidate's score is NaN or infinite.

    Reference:
        Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002.
    """
    hits = _two_stage_hits(final_scores, early_scores, candidates, relevant, top_k, kept)
    return _found(hits, relevant, cut_offs("top_k", top_k, candidates))


def final_alone(
    scores: Tensor, candidates: Tensor, relevant: Tensor, top_k: Sequence[int]
) -> Found:
    """Measure what a ranker finds that ranks every candidate.

    Takes and raises what ``two_stages`` does.

    Returns:
        (requests, len(top_k)) float64 each, in [0, 1].
    """
    refuse_misfits(candidates, {"scores": scores}, relevant)
    cuts = cut_offs("top_k", top_k, candidates)
    order = order_of(candidates, scores, (~relevant).int())[:, : int(cuts.max())]
    recall, ndcg = _found(relevant.gather(1, order)[:, None], relevant, cuts)
    return Found(recall[..., 0], ndcg[..., 0])


def _found(hits: Tensor, relevant: Tensor, cuts: Tensor) -> Found:
    """From (requests, kept, depth) bool hits to (requests, cuts, kept) measures."""
    counts = relevant.sum(1)[:, None, None]
    ranks = torch.arange(1, hits.shape[2] + 1, dtype=torch.float64, device=hits.device)
    discounts = 1 / torch.log2(ranks + 1)
    gains, best = _up_to(hits * discounts, cuts), _up_to((ranks <= counts) * discounts, cuts)
    measures = (_up_to(hits.double(), cuts) / counts, gains / best)
    return Found(*(torch.where(counts > 0, each, torch.nan) for each in measures))


def _two_stage_hits(
    final_scores: Tensor,
    early_scores: Tensor,
    candidates: Tensor,
    relevant: Tensor,
    top_k: Sequence[int],
    kept: Sequence[int],
) -> Tensor:
    """(requests, len(kept), depth) bool: which ranks after both stages hold a relevant item.

    The depth is the largest cut-off of ``top_k``, and at most the number of candidates.
    """
    scores = {"final_scores": final_scores, "early_scores": early_scores}
    refuse_misfits(candidates, scores, relevant)
    cuts = cut_offs("kept", kept, candidates)
    depth = min(int(cut_offs("top_k", top_k, candidates).max()), candidates.shape[1])
    not_relevant = (~relevant).int()
    worst_for_relevant = torch.where(relevant, -final_scores, final_scores)
    final_order = order_of(candidates, final_scores, not_relevant)
    early_ranks = ranks_of(order_of(candidates, early_scores, not_relevant, worst_for_relevant))
    survives = candidates.gather(1, final_order)[:, None] & (
        early_ranks.gather(1, final_order)[:, None] < cuts[:, None]
    )
    # The r-th survivor is where the count of survivors reaches r; the end if there are fewer.
    counts = survives.cumsum(2, dtype=torch.int32)
    ranks = torch.arange(1, depth + 1, dtype=torch.int32, device=candidates.device)
    places = torch.searchsorted(counts, ranks.expand(*counts.shape[:2], -1).contiguous())
    is_relevant = pad(relevant.gather(1, final_order), (0, 1))
    return is_relevant[:, None].expand(-1, len(cuts), -1).gather(2, places)


def _up_to(gains: Tensor, cuts: Tensor) -> Tensor:
    """Sums over ranks of (requests, kept, depth) up to each cut: (requests, cuts, kept)."""
    return pad(gains.cumsum(2), (1, 0))[:, :, cuts.clamp(max=gains.shape[2])].mT
