"""What to do with an early ranker: which one to take, how many items to keep, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor


def verdict_of(
    models: Mapping[str, Any],
    measure: str,
    kept: Sequence[int],
    share: float,
    sizes: Tensor,
    flops: Mapping[str, float],
    final_flops: float | None,
) -> dict[str, Any]:
    """Choose a student and a cut by validation, and tell what they are worth in the test part.

    The student is the one whose smallest sufficient cut is smallest; of equal ones the one with
    the higher recall there.

    Args:
        models: Means over seeds of each student.
        measure: What a cut keeps, named before the cut as "recall_of_final@20_in".
        kept: Cuts that were measured, ascending.
        share: Part of the final ranker's choice that is to be kept.
        sizes: (requests,) candidates of each test request.
        flops: ``flops_per_item`` and ``flops_per_request`` of the early ranker.
        final_flops: Operations of the final ranker for a candidate; None where not known.

    Returns:
        ``student``, ``keep``, ``suffices`` (whether the share is kept in validation),
        ``validation`` and ``expected`` (the recalls there and in the test part), ``of``
        (candidates of a request on average), ``final_scores`` (the part of them that the final
        ranker still scores) and ``cost`` (that of both rankers over the final one's alone; None
        where not known).
    """
    chosen, keep, suffices = None, kept[-1], False
    for name, summary in models.items():
        curve = [summary["mean"]["metrics"][f"val/{measure}_{m}"] for m in kept]
        enough = sufficient_cut(curve, kept, share)
        candidate = (enough or kept[-1] + 1, -curve[kept.index(enough or kept[-1])])
        if chosen is None or candidate < chosen[0]:
            chosen, keep, suffices = (candidate, name), enough or kept[-1], enough is not None
    assert chosen is not None, "there is a student"
    metrics = models[chosen[1]]["mean"]["metrics"]
    of = float(sizes.double().mean())
    final_scores = float(sizes.clamp(max=keep).double().mean()) / of
    cost = None
    if final_flops is not None:
        early = flops["flops_per_item"] + flops["flops_per_request"] / of
        cost = final_scores + early / final_flops
    return {
        "student": chosen[1],
        "keep": keep,
        "suffices": suffices,
        "share": share,
        "validation": metrics[f"val/{measure}_{keep}"],
        "expected": metrics[f"test/{measure}_{keep}"],
        "of": of,
        "final_scores": final_scores,
        "cost": cost,
    }


def sufficient_cut(curve: Sequence[float], kept: Sequence[int], share: float) -> int | None:
    """Find the smallest measured cut from which on a share is kept; None where none keeps it."""
    sufficient = None
    for value, cut in zip(reversed(curve), reversed(kept), strict=True):
        if value < share:
            break
        sufficient = cut
    return sufficient
