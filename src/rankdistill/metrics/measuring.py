"""Measure a block of users: from scores to a value of every metric for each of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rankdistill.metrics.functional import metric_key, per_user_metrics, refuse_unknown_names
from rankdistill.metrics.hits import rank_hits
from rankdistill.metrics.sampled_negatives import expected_per_user
from rankdistill.metrics.whole_list import MAP_OF_WHOLE_LIST, whole_list_average_precision


def metric_keys(names: Sequence[str], top_k: Sequence[int]) -> list[str]:
    """List the metrics that are measured, such as "map@5".

    Args:
        names: Keys of ``rankdistill.metrics.functional.RANKING_METRICS``, such as "map", and
            perhaps "map@all".
        top_k: Cut-offs K, each at least 1.

    Returns:
        In the order of the names, then of the cut-offs; "map@all" comes last.

    Raises:
        ValueError: If a name is unknown or there is nothing to compute.
    """
    cut = _with_cut_offs(names)
    refuse_unknown_names(cut)
    if not names or not top_k or min(top_k) < 1:
        raise ValueError(
            "names and top_k must not be empty and cut-offs must be at least 1, "
            f"got {list(names)} and {list(top_k)}."
        )
    keys = [metric_key(name, k) for name in cut for k in top_k]
    return [*keys, MAP_OF_WHOLE_LIST] if MAP_OF_WHOLE_LIST in names else keys


@torch.no_grad()
def measure_users(
    scores: Tensor,
    held_out_rows: Tensor,
    held_out_items: Tensor,
    num_held_out: Tensor,
    names: Sequence[str],
    top_k: Sequence[int],
    sampled_negatives: int | None = None,
    are_sound: bool = False,
) -> dict[str, Tensor]:
    """Measure how well scores rank the held-out items of each user.

    Args:
        scores: (block, num_items) floating point, items that may not be ranked at -inf.
        held_out_rows: (n,) int64 in [0, block), the row of each held-out item.
        held_out_items: (n,) int64, its item; the pairs are unique and sorted by row, then by item.
        num_held_out: (block,) int64, all held-out items of each user.
        names: As for ``metric_keys``.
        top_k: Cut-offs K.
        sampled_negatives: Expect the metrics of one held-out item among so many sampled items;
            None: rank all items.
        are_sound: Whether the caller knows of scores and pairs that they are as told here: see
            ``rank_hits``.

    Returns:
        ``{"map@5": (block,) float32, ...}`` with the keys of ``metric_keys``; 0 where
        ``num_held_out`` is 0.

    Raises:
        ValueError: If shapes do not fit, or the whole list is asked for among sampled items.
        FloatingPointError: If a score is NaN or +inf, or a held-out item's score is -inf.
    """
    cut, held_out = _with_cut_offs(names), (held_out_rows, held_out_items)
    has_whole_list = MAP_OF_WHOLE_LIST in names
    if sampled_negatives is not None:
        if has_whole_list:
            raise ValueError(f"{MAP_OF_WHOLE_LIST} ranks all items, not sampled ones.")
        return expected_per_user(
            scores, *held_out, num_held_out, sampled_negatives, cut, top_k, are_sound
        )
    hits = rank_hits(scores, *held_out, max(top_k), are_sound)
    values = per_user_metrics(hits, num_held_out, cut, top_k)
    if has_whole_list:
        values[MAP_OF_WHOLE_LIST] = whole_list_average_precision(scores, *held_out, num_held_out)
    return values


def _with_cut_offs(names: Sequence[str]) -> list[str]:
    return [name for name in names if name != MAP_OF_WHOLE_LIST]
