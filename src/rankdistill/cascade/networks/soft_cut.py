"""The recall of an early ranker's cut, softened so that a gradient can raise it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

PENALTIES = ("share", "log")
"""How a loss counts what the cut leaves out: the share of it, or the log of its chance to stay."""


def cut_thresholds(scores: Tensor, known: Tensor, kept: Tensor) -> Tensor:
    """Find the scores at which a cut keeps the best m candidates of each request.

    Args:
        scores: (requests, candidates).
        known: (requests, candidates) bool, which of them exist; more than m of each request.
        kept: (requests,) int64 number m of each request, at least 1.

    Returns:
        (requests,) values halfway between the m-th and the (m+1)-th best score, through which the
        gradient reaches these two.

    Reference:
        DFTopK, 2025: a threshold costs a selection where others sort.
    """
    lowest = torch.finfo(scores.dtype).min
    depth = min(int(kept.max()) + 1, scores.shape[1])
    best = scores.masked_fill(~known, lowest).topk(depth, dim=1).values
    edges = torch.stack([kept - 1, kept], dim=1).clamp(max=depth - 1)
    return best.gather(1, edges).mean(1)


def soft_cut_loss(
    early: Tensor,
    final: Tensor,
    known: Tensor,
    top_k: Tensor,
    kept: Tensor,
    weights: Tensor,
    temperature: float,
    penalty: str,
) -> Tensor:
    """Count what the early ranker's soft cut loses of the final ranker's top.

    A candidate with score s is kept with probability sigmoid((s - t) / temperature), where t is the
    threshold of the request. To raise all scores of a request alike changes nothing.

    Args:
        early: (requests, candidates) scores of the early ranker.
        final: (requests, candidates) scores of the final ranker; no gradient flows into them.
        known: (requests, candidates) bool, where both are known.
        top_k: (requests,) int64 size k of the final ranker's top, at least 1.
        kept: (requests,) int64 number m of candidates that the early ranker keeps, at least k.
        weights: (requests,) of each request.
        temperature: Width of the soft step, in units of the scores.
        penalty: ``share``: the share of the top that is cut away. ``log``: the mean of -log of the
            probability that it is kept.

    Returns:
        The weighted losses of the requests that have more than m candidates, added up and divided
        by the number of these requests, a scalar; 0 where there is none.

    Reference:
        LCRON, ICML 2025, for the recall of the final ranker's choice as the early ranker's loss.
    """
    cuts = known.sum(1) > kept
    early, final, known, top_k, kept, weights = (
        each[cuts] for each in (early, final, known, top_k, kept, weights)
    )
    if not len(early):
        return early.sum()
    depth = int(top_k.max())
    best = final.masked_fill(~known, -torch.inf).topk(depth, dim=1).indices
    thresholds = cut_thresholds(early, known, kept)
    log_kept = logsigmoid((early.gather(1, best) - thresholds[:, None]) / temperature)
    lost = -log_kept if penalty == "log" else 1 - log_kept.exp()
    is_top = torch.arange(depth, device=best.device) < top_k[:, None]
    return (weights * (lost * is_top).sum(1) / top_k).mean()
