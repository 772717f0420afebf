"""MAP, NDCG, recall, precision, hit rate and MRR per user, at several cut-offs in one pass.

Every function takes two tensors: ``hits`` from :func:`rankdistill.metrics.hits.rank_hits`
and the number of held-out items of each user. A user without held-out items has the value 0 and
must be left out of every mean, as ``rankdistill.metrics.means`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def average_precision(hits: Tensor, num_held_out: Tensor, top_k: Sequence[int]) -> Tensor:
    """Mean, over the best attainable number of hits, of the precision at each hit.

    AP@K = sum over hits at rank r <= K of (hits up to r) / r, divided by min(K, num_held_out).

    Args:
        hits: (users, ranks) bool, best rank first.
        num_held_out: (users,) int64, all held-out items of each user, ranked or not.
        top_k: Cut-offs K, each in [1, ranks].

    Returns:
        (users, len(top_k)) float32 in [0, 1]; 0 where ``num_held_out`` is 0.

    Raises:
        ValueError: If shapes do not fit or a cut-off is out of range.

    Reference:
        Manning, Raghavan and Schütze, "Introduction to Information Retrieval", 2008, section 8.4,
        cut at K as in the evaluation of Tang and Wang, "Ranking Distillation", KDD 2018.
    """
    cut_offs = _cut_offs(hits, num_held_out, top_k)
    gains = hits * hits.cumsum(1) / _positions(hits)
    return gains.cumsum(1)[:, cut_offs - 1] / _attainable(num_held_out, cut_offs)


def ndcg(hits: Tensor, num_held_out: Tensor, top_k: Sequence[int]) -> Tensor:
    """Discounted cumulative gain with binary relevance, over that of the ideal ranking.

    A hit at rank r gains 1 / log2(r + 1). The ideal ranking has min(K, num_held_out) hits first.

    Args:
        hits: (users, ranks) bool, best rank first.
        num_held_out: (users,) int64, all held-out items of each user, ranked or not.
        top_k: Cut-offs K, each in [1, ranks].

    Returns:
        (users, len(top_k)) float32 in [0, 1]; 0 where ``num_held_out`` is 0.

    Raises:
        ValueError: If shapes do not fit or a cut-off is out of range.

    Reference:
        Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002.
    """
    cut_offs = _cut_offs(hits, num_held_out, top_k)
    discounts = 1 / torch.log2(_positions(hits) + 1)
    gains = (hits * discounts).cumsum(1)[:, cut_offs - 1]
    return gains / discounts.cumsum(0)[_attainable(num_held_out, cut_offs) - 1]


def recall(hits: Tensor, num_held_out: Tensor, top_k: Sequence[int]) -> Tensor:
    """Share of a user's held-out items that are among the first K.

    Args:
        hits: (users, ranks) bool, best rank first.
        num_held_out: (users,) int64, all held-out items of each user, ranked or not.
        top_k: Cut-offs K, each in [1, ranks].

    Returns:
        (users, len(top_k)) float32 in [0, 1]; 0 where ``num_held_out`` is 0.

    Raises:
        ValueError: If shapes do not fit or a cut-off is out of range.
    """
    cut_offs = _cut_offs(hits, num_held_out, top_k)
    found = hits.cumsum(1)[:, cut_offs - 1].float()
    return found / num_held_out.clamp(min=1)[:, None]


def precision(hits: Tensor, num_held_out: Tensor, top_k: Sequence[int]) -> Tensor:
    """Share of the first K ranks that hold a held-out item.

    Args:
        hits: (users, ranks) bool, best rank first.
        num_held_out: (users,) int64; only its shape is read.
        top_k: Cut-offs K, each in [1, ranks].

    Returns:
        (users, len(top_k)) float32 in [0, 1].

    Raises:
        ValueError: If shapes do not fit or a cut-off is out of range.
    """
    cut_offs = _cut_offs(hits, num_held_out, top_k)
    return hits.cumsum(1)[:, cut_offs - 1].float() / cut_offs


def hit_rate(hits: Tensor, num_held_out: Tensor, top_k: Sequence[int]) -> Tensor:
    """1 for a user with a held-out item among the first K, else 0.

    Args:
        hits: (users, ranks) bool, best rank first.
        num_held_out: (users,) int64; only its shape is read.
        top_k: Cut-offs K, each in [1, ranks].

    Returns:
        (users, len(top_k)) float32, 0 or 1.

    Raises:
        ValueError: If shapes do not fit or a cut-off is out of range.
    """
    cut_offs = _cut_offs(hits, num_held_out, top_k)
    return (hits.cumsum(1)[:, cut_offs - 1] > 0).float()


def reciprocal_rank(hits: Tensor, num_held_out: Tensor, top_k: Sequence[int]) -> Tensor:
    """1 / r of the first hit's rank r, 0 without a hit among the first K.

    Args:
        hits: (users, ranks) bool, best rank first.
        num_held_out: (users,) int64; only its shape is read.
        top_k: Cut-offs K, each in [1, ranks].

    Returns:
        (users, len(top_k)) float32 in [0, 1].

    Raises:
        ValueError: If shapes do not fit or a cut-off is out of range.
    """
    cut_offs = _cut_offs(hits, num_held_out, top_k)
    return (hits / _positions(hits)).cummax(1).values[:, cut_offs - 1]


RANKING_METRICS: dict[str, Callable[[Tensor, Tensor, Sequence[int]], Tensor]] = {
    "map": average_precision,
    "ndcg": ndcg,
    "recall": recall,
    "precision": precision,
    "hit_rate": hit_rate,
    "mrr": reciprocal_rank,
}


def metric_key(name: str, top_k: int) -> str:
    """Return the name under which a metric is logged and stored, as in ``map@5``."""
    return f"{name}@{top_k}"


def per_user_metrics(
    hits: Tensor, num_held_out: Tensor, names: Sequence[str], top_k: Sequence[int]
) -> dict[str, Tensor]:
    """Compute every named metric at every cut-off, for every user.

    Args:
        hits: (users, ranks) bool, best rank first.
        num_held_out: (users,) int64, all held-out items of each user, ranked or not.
        names: Keys of ``RANKING_METRICS``.
        top_k: Cut-offs K, each in [1, ranks].

    Returns:
        ``{"map@5": (users,) float32, ...}`` in the order of the names, then of the cut-offs;
        0 where ``num_held_out`` is 0.

    Raises:
        ValueError: If a name is unknown, shapes do not fit or a cut-off is out of range.
    """
    refuse_unknown_names(names)
    return {
        metric_key(name, k): column
        for name in names
        for k, column in zip(
            top_k, RANKING_METRICS[name](hits, num_held_out, top_k).unbind(1), strict=True
        )
    }


def refuse_unknown_names(names: Sequence[str]) -> None:
    """Raise a ValueError that lists the choices if a name is not a key of ``RANKING_METRICS``."""
    if unknown := [name for name in names if name not in RANKING_METRICS]:
        raise ValueError(f"Unknown metrics {unknown}: choose from {', '.join(RANKING_METRICS)}.")


def _cut_offs(hits: Tensor, num_held_out: Tensor, top_k: Sequence[int]) -> Tensor:
    """Check the inputs of a metric; return the cut-offs as int64 on the device of hits."""
    if hits.dim() != 2 or hits.dtype != torch.bool:
        raise ValueError(f"hits must be (users, ranks) bool, got {tuple(hits.shape)} {hits.dtype}.")
    if num_held_out.shape != hits.shape[:1]:
        raise ValueError(
            f"num_held_out must be ({len(hits)},), one count per row of hits, "
            f"got {tuple(num_held_out.shape)}."
        )
    if not top_k or not all(1 <= k <= hits.shape[1] for k in top_k):
        raise ValueError(
            f"top_k must hold cut-offs from 1 to {hits.shape[1]}, the ranks given; "
            f"got {list(top_k)}."
        )
    ranks = torch.arange(1, hits.shape[1] + 1, device=hits.device)
    return torch.stack([ranks[k - 1] for k in top_k])  # a copy from the host would wait for a GPU


def _positions(hits: Tensor) -> Tensor:
    """Return 1, 2, ... as (ranks,) float32."""
    return torch.arange(1, hits.shape[1] + 1, dtype=torch.float32, device=hits.device)


def _attainable(num_held_out: Tensor, cut_offs: Tensor) -> Tensor:
    """Return the most hits that K ranks can hold, at least 1: (users, len(cut_offs)) int64."""
    return torch.minimum(num_held_out.clamp(min=1)[:, None], cut_offs)
