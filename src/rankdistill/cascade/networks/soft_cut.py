"""The recall of an early ranker's cut, softened so that a gradient can raise it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

PENALTIES = ("share", "log")
"""How a loss counts what the cut leaves out: the share of it, or the log of its chance to stay."""


class RequestCuts(NamedTuple):
    """The cut of each request of a batch.

    The bounds are plain numbers, so that shapes depend on no tensor's values.

    Attributes:
        top_k: (requests,) int64 size k of the final ranker's top, at least 1.
        kept: (requests,) int64 number m of candidates that the early ranker keeps, at least k.
        weights: (requests,) of each request.
        most_top_k: At least every k.
        most_kept: At least every m.
    """

    top_k: Tensor
    kept: Tensor
    weights: Tensor
    most_top_k: int
    most_kept: int


def cut_thresholds(scores: Tensor, known: Tensor, kept: Tensor, most_kept: int) -> Tensor:
    """Find the scores at which a cut keeps the best m candidates of each request.

    Args:
        scores: (requests, candidates).
        known: (requests, candidates) bool, which of them exist; more than m of each request.
        kept: (requests,) int64 number m of each request, at least 1.
        most_kept: At least every m.

    Returns:
        (requests,) values halfway between the m-th and the (m+1)-th best score, through which the
        gradient reaches these two.

    Reference:
        DFTopK, 2025: a threshold costs a selection where others sort.
    """
    lowest = torch.finfo(scores.dtype).min
    depth = min(most_kept + 1, scores.shape[1])
    best = scores.masked_fill(~known, lowest).topk(depth, dim=1).values
    edges = torch.stack([kept - 1, kept], dim=1).clamp(max=depth - 1)
    return best.gather(1, edges).mean(1)


def soft_cut_loss(
    early: Tensor,
    final: Tensor,
    known: Tensor,
    cut: RequestCuts,
    temperature: float,
    penalty: str,
) -> Tensor:
    """Count what the early ranker's soft cut loses of the final ranker's top.

    A candidate with score s is kept with probability sigmoid((s - t) / temperature), where t is the
    threshold of the request. To raise all scores of a request alike changes nothing.

    Args:
        early: (requests, candidates) scores of the early ranker; finite.
        final: (requests, candidates) scores of the final ranker; no gradient flows into them.
        known: (requests, candidates) bool, where both are known.
        cut: The sizes k and m, and the weight, of each request.
        temperature: Width of the soft step, in units of the scores.
        penalty: ``share``: the share of the top that is cut away. ``log``: the mean of -log of the
            probability that it is kept.

    Returns:
        The weighted losses of the requests that have more than m candidates, added up and divided
        by the number of these requests, a scalar; 0 where there is none.

    Reference:
        LCRON, ICML 2025, for the recall of the final ranker's choice as the early ranker's loss.
    """
    counts = known.sum(1) > cut.kept
    keeps_all = ~counts[:, None]
    depth = min(cut.most_top_k, early.shape[1])
    best = final.masked_fill(~known, -torch.inf).topk(depth, dim=1).indices
    # A request that keeps all has no threshold; its loss must be finite, because it is multiplied.
    early, known = early.masked_fill(keeps_all, 0.0), known | keeps_all
    thresholds = cut_thresholds(early, known, cut.kept, cut.most_kept)
    log_kept = logsigmoid((early.gather(1, best) - thresholds[:, None]) / temperature)
    lost = -log_kept if penalty == "log" else 1 - log_kept.exp()
    is_top = torch.arange(depth, device=best.device) < cut.top_k[:, None]
    of_requests = cut.weights * counts * (lost * is_top).sum(1) / cut.top_k
    return of_requests.sum() / counts.sum().clamp(min=1)
