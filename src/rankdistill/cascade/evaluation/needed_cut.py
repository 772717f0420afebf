"""How few items an early ranker may keep."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_ROUNDING = 1e-9
"""Relative difference that sums in another order may have."""


def needed_cut(
    ndcg_after: np.ndarray, kept: Sequence[int], ndcg_alone: float, share: float
) -> float | None:
    """Find the smallest cut from which on the cascade keeps a share of the final ranker's quality.

    The share must be kept there and at every larger cut that was measured: a curve that rises
    above it and falls below again counts from where it stays above. Between two measured cuts the
    curve is taken to be straight. Below the smallest cut nothing is known, so that the smallest is
    returned where the share is kept everywhere.

    Args:
        ndcg_after: (num_kept,) NDCG of the two stages at each cut.
        kept: Numbers m of items that the early ranker keeps, ascending, each at least 1.
        ndcg_alone: NDCG of the final ranker that ranks every candidate.
        share: The part to keep, in (0, 1], such as 0.99.

    Returns:
        The cut, seldom a whole number; None where the largest m does not keep the share, or the
        final ranker's NDCG is 0.

    Raises:
        ValueError: If lengths differ, cuts do not ascend, the share is out of its range or a value
            is not finite.
    """
    quality = np.asarray(ndcg_after, dtype=np.float64)
    cuts = np.asarray(kept, dtype=np.float64)
    if quality.ndim != 1 or quality.shape != cuts.shape or not len(cuts):
        raise ValueError(
            f"ndcg_after and kept must be vectors of one length, got {quality.shape}, {cuts.shape}."
        )
    if cuts[0] < 1 or (np.diff(cuts) <= 0).any():
        raise ValueError(f"kept must ascend from at least 1, got {list(kept)}.")
    if not 0 < share <= 1:
        raise ValueError(f"share must be in (0, 1], got {share}.")
    if not (np.isfinite(quality).all() and np.isfinite(ndcg_alone)):
        raise ValueError("NDCG must be finite to be compared.")
    target = share * ndcg_alone * (1 - _ROUNDING)
    below = np.flatnonzero(quality < target)
    if ndcg_alone <= 0 or (len(below) and below[-1] == len(cuts) - 1):
        return None
    if not len(below):
        return float(cuts[0])
    last = below[-1]
    return float(np.interp(target, quality[last : last + 2], cuts[last : last + 2]))
