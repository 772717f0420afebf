"""The recall of an early ranker's cut, softened so that a gradient can raise it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

PENALTIES = ("share", "log")
"""How a loss counts what the cut leaves out: the share of it, or the log of its chance to stay."""


def log_soft_kept(scores: Tensor, known: Tensor, kept: Tensor, temperature: float) -> Tensor:
    """Soften the cut that keeps the best m candidates of each request.

    A candidate with score s is kept with probability sigmoid((s - t) / temperature). The threshold
    t lies halfway between the m-th and the (m+1)-th best score. The gradient reaches these two
    scores through t, so that to raise all scores alike changes nothing.

    Args:
        scores: (requests, candidates).
        known: (requests, candidates) bool, which of them exist.
        kept: (requests,) int64 number m of each request, at least 1; a request that has no more
            than m candidates keeps them all.
        temperature: Width of the soft step, positive.

    Returns:
        (requests, candidates) log-probabilities; those of candidates that do not exist mean
        nothing.

    Reference:
        DFTopK, 2025, for the threshold, which costs a selection where others sort.
    """
    lowest = torch.finfo(scores.dtype).min
    depth = min(int(kept.max()) + 1, scores.shape[1])
    best = scores.masked_fill(~known, lowest).topk(depth, dim=1).values
    last_in = best.gather(1, (kept[:, None] - 1).clamp(max=depth - 1))
    first_out = best.gather(1, kept[:, None].clamp(max=depth - 1))
    log_kept = logsigmoid((scores - (last_in + first_out) / 2) / temperature)
    cuts_nothing = known.sum(1) <= kept
    return log_kept.masked_fill(cuts_nothing[:, None], 0.0)


def soft_cut_loss(
    early: Tensor,
    final: Tensor,
    known: Tensor,
    top_k: Tensor,
    kept: Tensor,
    temperature: float,
    penalty: str,
) -> Tensor:
    """Count what the early ranker's soft cut loses of the final ranker's top.

    Args:
        early: (requests, candidates) scores of the early ranker.
        final: (requests, candidates) scores of the final ranker; no gradient flows into them.
        known: (requests, candidates) bool, where both are known.
        top_k: (requests,) int64 size k of the final ranker's top, at least 1.
        kept: (requests,) int64 number m of candidates that the early ranker keeps, at least 1.
        temperature: Width of the soft step, in units of the scores.
        penalty: ``share``: the share of the top that is cut away. ``log``: the mean of -log of the
            probability that it is kept.

    Returns:
        The mean over the requests that have more than m candidates, a scalar; 0 where none has.

    Reference:
        LCRON, ICML 2025, for the recall of the final ranker's choice as the early ranker's loss.
    """
    log_kept = log_soft_kept(early, known, kept, temperature)
    lost = -log_kept if penalty == "log" else 1 - log_kept.exp()
    depth = min(int(top_k.max()), final.shape[1])
    best = final.masked_fill(~known, -torch.inf).topk(depth, dim=1).indices
    is_top = torch.arange(depth, device=best.device) < top_k[:, None]
    of_request = (lost.gather(1, best) * is_top).sum(1) / is_top.sum(1)
    cuts = known.sum(1) > kept
    return torch.where(cuts, of_request, 0).sum() / cuts.sum().clamp(min=1)
