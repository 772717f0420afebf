"""What is expected where a held-out item is ranked among a few sampled items, not the catalogue.

Some papers rank each user's held-out item against some hundred unobserved items, drawn once. Their
figures are one draw of a random variable whose law is known. So nothing is drawn here: of all
candidates a number scores as well as the held-out item or better, and how many of those are among
the sampled ones follows the hypergeometric law.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from rankdistill.metrics.functional import metric_key
from rankdistill.metrics.whole_list import count_at_least, count_not_below

_GAINS: dict[str, Callable[[Tensor, int], Tensor]] = {
    "map": lambda ranks, k: 1 / ranks,
    "ndcg": lambda ranks, k: 1 / torch.log2(ranks + 1),
    "recall": lambda ranks, k: torch.ones_like(ranks),
    "precision": lambda ranks, k: torch.ones_like(ranks) / k,
    "hit_rate": lambda ranks, k: torch.ones_like(ranks),
    "mrr": lambda ranks, k: 1 / ranks,
}
"""What the only relevant item gains at each rank up to K."""


@torch.no_grad()
def expected_per_user(
    scores: Tensor,
    held_out_rows: Tensor,
    held_out_items: Tensor,
    num_held_out: Tensor,
    num_negatives: int,
    names: Sequence[str],
    top_k: Sequence[int],
    are_sound: bool = False,
) -> dict[str, Tensor]:
    """Expect every named metric for every user, averaged over the user's held-out items.

    Each held-out item is ranked alone among items that are sampled for it, without replacement,
    from those that are neither masked nor held out. Ties count against the model.

    Args:
        scores: (block, num_items) floating point, items that may not be ranked at -inf.
        held_out_rows: (n,) int64 in [0, block), the row of each held-out item.
        held_out_items: (n,) int64, its item; finite scores.
        num_held_out: (block,) int64, all held-out items of each user.
        num_negatives: Items sampled; all where there are no more.
        names: Keys of ``RANKING_METRICS``.
        top_k: Cut-offs K, each at least 1.
        are_sound: Whether the caller knows of scores and pairs that they are as told here.

    Returns:
        ``{"map@5": (block,) float32, ...}`` in the order of the names, then of the cut-offs; 0
        where ``num_held_out`` is 0.

    Raises:
        ValueError: If there is nothing to sample, or a cut-off is out of range.
    """
    lowest = scores.new_full((len(scores),), torch.finfo(scores.dtype).min)
    num_candidates = count_at_least(scores, lowest) - num_held_out
    not_below = count_not_below(scores, held_out_rows, held_out_items)
    candidates, num_ranks = num_candidates[held_out_rows], max(top_k, default=1)
    probabilities = _probabilities if are_sound else rank_probabilities
    of_items = expected_metrics(
        probabilities(not_below, candidates, num_negatives, num_ranks), names, top_k
    )
    sums = of_items.new_zeros(len(names), len(scores), len(top_k))
    sums.index_add_(1, held_out_rows, of_items)
    means = (sums / num_held_out.clamp(min=1)[:, None]).float()
    return {
        metric_key(name, k): means[row, :, column]
        for row, name in enumerate(names)
        for column, k in enumerate(top_k)
    }


def rank_probabilities(
    not_below: Tensor, num_candidates: Tensor, num_negatives: int, num_ranks: int
) -> Tensor:
    """Give the probability of each of the first ranks among sampled negatives.

    Of ``num_candidates`` items, ``num_negatives`` are drawn without replacement. The held-out item
    has rank x + 1 where x of the ``not_below`` ones are among them.

    Args:
        not_below: (n,) int64, candidates that score as well as the held-out item, or better.
        num_candidates: (n,) int64, all that may be drawn.
        num_negatives: How many are drawn; all of them where there are no more.
        num_ranks: Ranks 1 .. num_ranks are given.

    Returns:
        (n, num_ranks) float64. Rows sum to one, but for the probability of later ranks.

    Raises:
        ValueError: If there is nothing to draw or to rank, or more items are not below than there
            are candidates.
    """
    if num_negatives < 1 or num_ranks < 1:
        raise ValueError(
            f"num_negatives and num_ranks must be at least 1, got {num_negatives}, {num_ranks}."
        )
    if bool((not_below > num_candidates).any()):
        raise ValueError("not_below counts some of num_candidates, and cannot exceed it.")
    return _probabilities(not_below, num_candidates, num_negatives, num_ranks)


def _probabilities(
    not_below: Tensor, num_candidates: Tensor, num_negatives: int, num_ranks: int
) -> Tensor:
    """Give the probabilities where the numbers are known to fit."""
    above = not_below.double()[:, None]
    candidates = num_candidates.double()[:, None]
    drawn = candidates.clamp(max=num_negatives)
    found = torch.arange(num_ranks, dtype=torch.float64, device=not_below.device)
    possible = (found <= above) & (found <= drawn) & (drawn - found <= candidates - above)
    found = torch.where(possible, found, 0.0)
    others = torch.where(possible, drawn - found, 0.0)
    log_share = (
        _log_choose(above, found)
        + _log_choose(candidates - above, others)
        - _log_choose(candidates, drawn)
    )
    return torch.where(possible, log_share.exp(), 0.0)


def expected_metrics(probabilities: Tensor, names: Sequence[str], top_k: Sequence[int]) -> Tensor:
    """Average metrics of one relevant item over the ranks that it may have.

    Args:
        probabilities: (n, num_ranks) float64 from ``rank_probabilities``.
        names: Keys of ``RANKING_METRICS``.
        top_k: Cut-offs K, each in [1, num_ranks].

    Returns:
        (len(names), n, len(top_k)) float64 in [0, 1].

    Raises:
        ValueError: If a cut-off is out of range.

    Reference:
        Hit ratio and NDCG of one item among sampled ones: He et al., "Neural Collaborative
        Filtering", WWW 2017.
    """
    num_ranks = probabilities.shape[1]
    if not top_k or not all(1 <= k <= num_ranks for k in top_k):
        raise ValueError(f"top_k must hold cut-offs from 1 to {num_ranks}, got {list(top_k)}.")
    ranks = torch.arange(1, num_ranks + 1, dtype=torch.float64, device=probabilities.device)
    return torch.stack(
        [
            torch.stack([probabilities[:, :k] @ _GAINS[name](ranks[:k], k) for k in top_k], dim=1)
            for name in names
        ]
    )


def _log_choose(whole: Tensor, part: Tensor) -> Tensor:
    """Logarithm of the number of ways to choose some of a whole."""
    return torch.lgamma(whole + 1) - torch.lgamma(part + 1) - torch.lgamma(whole - part + 1)
