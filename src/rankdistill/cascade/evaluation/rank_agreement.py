"""Agreement of the two rankers on the order of the candidates that the early ranker keeps."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from rankdistill.cascade.evaluation.candidate_orders import cut_offs, order_of, refuse_misfits

_CELLS_AT_ONCE = 1 << 20
"""Number of pairs of survivors that are compared at once; bounds the memory."""


def kendall_tau(
    final_scores: Tensor, early_scores: Tensor, candidates: Tensor, kept: int
) -> Tensor:
    """Compute Kendall's tau-b of the two rankers' scores on the early ranker's top m.

    (concordant - discordant) / sqrt(pairs that final orders * pairs that early orders), where a
    ranker orders a pair by unequal scores: 1 is the same order, -1 the reverse. Every pair of
    survivors is compared.

    Args:
        final_scores: (requests, candidates) floating point.
        early_scores: (requests, candidates) floating point.
        candidates: (requests, candidates) bool; scores elsewhere are not read.
        kept: Number m of survivors, at least 1; among equal early scores at the cut, those with
            the lowest final scores survive, as in ``recall_of_final_top``.

    Returns:
        (requests,) float64 in [-1, 1]. NaN where the final ranker orders no pair, as with fewer
        than two survivors: to be left out of means. 0 where only the early ranker orders none,
        because a constant scorer does not know an order that exists (scipy returns NaN).

    Raises:
        ValueError: If shapes or types do not fit, or ``kept`` is below 1.
        FloatingPointError: If a candidate's score is NaN or infinite.

    Reference:
        Kendall, "The treatment of ties in ranking problems", Biometrika 1945.
    """
    pairs = _count_pairs(final_scores, early_scores, candidates, kept)
    ordered = pairs.ordered_by_final * pairs.ordered_by_early.clamp(min=1)
    return (pairs.concordant - pairs.discordant) / ordered.sqrt()


def pair_accuracy(
    final_scores: Tensor, early_scores: Tensor, candidates: Tensor, kept: int
) -> Tensor:
    """Compute the share of pairs in the final ranker's order that the early ranker orders alike.

    Only pairs of the early ranker's top m count. A tie of the early ranker counts as an error: a
    constant scorer has 0, where a coin would have one half.

    Args:
        final_scores: (requests, candidates) floating point.
        early_scores: (requests, candidates) floating point.
        candidates: (requests, candidates) bool; scores elsewhere are not read.
        kept: Number m of survivors, at least 1; ties at the cut are settled as in ``kendall_tau``.

    Returns:
        (requests,) float64 in [0, 1]; NaN where the final ranker orders no pair, to be left out of
        means.

    Raises:
        ValueError: If shapes or types do not fit, or ``kept`` is below 1.
        FloatingPointError: If a candidate's score is NaN or infinite.
    """
    pairs = _count_pairs(final_scores, early_scores, candidates, kept)
    return pairs.concordant / pairs.ordered_by_final


class _Pairs(NamedTuple):
    """Numbers of pairs of survivors, each (requests,) float64 and exact."""

    concordant: Tensor
    discordant: Tensor
    ordered_by_final: Tensor
    ordered_by_early: Tensor


def _count_pairs(
    final_scores: Tensor, early_scores: Tensor, candidates: Tensor, kept: int
) -> _Pairs:
    refuse_misfits(candidates, {"final_scores": final_scores, "early_scores": early_scores})
    cut_offs("kept", [kept], candidates)
    survivors = order_of(candidates, early_scores, -final_scores)[:, :kept]
    columns = [tensor.gather(1, survivors) for tensor in (final_scores, early_scores, candidates)]
    rows_at_once = max(1, _CELLS_AT_ONCE // max(1, survivors.shape[1] ** 2))
    blocks = zip(*(column.split(rows_at_once) for column in columns), strict=True)
    counts = torch.cat([_counts_of_block(*block) for block in blocks])
    return _Pairs(*counts.double().unbind(1))


def _counts_of_block(final: Tensor, early: Tensor, exists: Tensor) -> Tensor:
    """(block, 4) int64, the counts of ``_Pairs``, from (block, survivors) each."""
    both = exists[:, :, None] & exists[:, None, :]
    final_above = (final[:, :, None] > final[:, None, :]) & both
    early_above = (early[:, :, None] > early[:, None, :]) & both
    marks = (final_above & early_above, final_above & early_above.mT, final_above, early_above)
    return torch.stack([mark.sum((1, 2)) for mark in marks], dim=1)
