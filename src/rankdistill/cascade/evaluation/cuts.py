"""How much of the final ranker's top an early ranker's cut keeps."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from rankdistill.cascade.evaluation.candidate_orders import (
    cut_offs,
    order_of,
    ranks_of,
    refuse_misfits,
)


def recall_of_final_top(
    final_scores: Tensor,
    early_scores: Tensor,
    candidates: Tensor,
    top_k: Sequence[int],
    kept: Sequence[int],
) -> Tensor:
    """Compute the share of the final ranker's top k that is in the early ranker's top m.

    Ties count against the early ranker: of all ways to order equal scores of either ranker, the
    one with the fewest items in both tops counts, at every k and m. Among equal early scores,
    those with the lowest final scores come first; among equal final scores, those with the lowest
    early scores. A constant early scorer thus has max(0, k + m - n) / k of n candidates, at most
    the m / n of chance.

    Args:
        final_scores: (requests, candidates) floating point.
        early_scores: (requests, candidates) floating point.
        candidates: (requests, candidates) bool; scores elsewhere are not read.
        top_k: Sizes k of the final ranker's top, each at least 1.
        kept: Numbers m that the early ranker keeps, each at least 1.

    Returns:
        (requests, len(top_k), len(kept)) float64 in [0, 1]. A request with fewer than k candidates
        is divided by their number; one without any is NaN, to be left out of means.

    Raises:
        ValueError: If shapes or types do not fit, or a cut-off is below 1.
        FloatingPointError: If a candidate's score is NaN or infinite.
    """
    refuse_misfits(candidates, {"final_scores": final_scores, "early_scores": early_scores})
    tops, cuts = cut_offs("top_k", top_k, candidates), cut_offs("kept", kept, candidates)
    final_ranks = ranks_of(order_of(candidates, final_scores, -early_scores))
    early_ranks = ranks_of(order_of(candidates, early_scores, final_ranks))
    in_top = candidates[:, None] & (final_ranks[:, None] < tops[:, None])
    is_kept = candidates[:, None] & (early_ranks[:, None] < cuts[:, None])
    in_both = in_top.float() @ is_kept.float().mT  # whole numbers: exact
    return in_both.double() / in_top.sum(2, keepdim=True)


def recall_of_chosen(
    chosen: Tensor, early_scores: Tensor, candidates: Tensor, kept: Sequence[int]
) -> Tensor:
    """Compute the share of the candidates that the final ranker chose that is in a cut.

    It is for logs that tell the final ranker's choice and not its scores. Ties count against the
    early ranker: among equal scores, those that were not chosen come first.

    Args:
        chosen: (requests, candidates) bool, true on candidates only.
        early_scores: (requests, candidates) floating point.
        candidates: (requests, candidates) bool; scores elsewhere are not read.
        kept: Numbers m that the early ranker keeps, each at least 1.

    Returns:
        (requests, len(kept)) float64 in [0, 1]; NaN where nothing was chosen.

    Raises:
        ValueError: If shapes or types do not fit, or a cut-off is below 1.
        FloatingPointError: If a candidate's score is NaN or infinite.
    """
    refuse_misfits(candidates, {"early_scores": early_scores}, chosen)
    ranks = ranks_of(order_of(candidates, early_scores, (~chosen).int()))
    is_kept = ranks[:, None] < cut_offs("kept", kept, candidates)[:, None]
    return (is_kept & chosen[:, None]).sum(2) / chosen.sum(1, keepdim=True).double()
