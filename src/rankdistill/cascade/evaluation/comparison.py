"""Early rankers of a cascade side by side: paired tests over users, and how few items suffice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from rankdistill.evaluation.significance import PairedTest, holm, paired_test

UserMetrics = Mapping[str, np.ndarray]
"""For each metric, such as "ndcg@10_after_100", the values (num_users,) of the users, in one order.

NaN is a user without a value, such as one who liked nothing.
"""

_ROUNDING = 1e-9
"""Part of the final ranker's quality that sums in another order may differ by."""


def needed_cut(
    ndcg_after: np.ndarray, kept: Sequence[int], ndcg_alone: float, share: float
) -> float | None:
    """The smallest cut from which on the cascade keeps a share of the final ranker's quality.

    The share must be kept there and at every larger cut that was measured, so that a curve which
    rises above it and falls below again counts from where it stays above. Between two measured
    cuts the curve is taken to be straight; below the smallest one nothing is known, and the
    smallest is returned where the share is kept everywhere.

    Args:
        ndcg_after: (num_kept,) NDCG of the two stages at each cut.
        kept: Numbers m of items that the early ranker keeps, ascending, each at least 1.
        ndcg_alone: NDCG of the final ranker that ranks every candidate.
        share: To be kept, in (0, 1], such as 0.99.

    Returns:
        The cut, seldom a whole number; None where the largest m does not keep the share, or the
        final ranker has no quality to keep a share of.

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


def cascade_tests(
    per_user: Mapping[str, UserMetrics],
    pairs: Sequence[tuple[str, str]],
    metrics: Sequence[str],
) -> list[dict[str, Any]]:
    """Test models against each other, user by user.

    Args:
        per_user: By model, values that are averaged over seeds, so that no user counts twice.
        pairs: Each model and the one that it is held against.
        metrics: To test, of those that both models of a pair have.

    Returns:
        Pair by pair, per metric "model", "against", "metric", "difference" (model - against),
        "relative" (the difference over the mean of ``against``; None where that is 0), "ci_low",
        "ci_high" (95%), "p_value", "p_holm" (adjusted for all tests of this list), "num_users".
        Users without a value in either model are left out; a pair with fewer than two users has
        no test.

    Raises:
        ValueError: If two models' values are not over the same users, or one is infinite.
    """
    found = [
        (model, against, metric, result)
        for model, against in pairs
        for metric in metrics
        if metric in per_user[model] and metric in per_user[against]
        for result in [_tested(per_user[model][metric], per_user[against][metric])]
        if result is not None
    ]
    adjusted = holm([test.p_value for *_, (test, _) in found])
    return [
        {
            "model": model,
            "against": against,
            "metric": metric,
            **asdict(test),
            "relative": test.difference / level if level else None,
            "p_holm": p_holm,
        }
        for (model, against, metric, (test, level)), p_holm in zip(found, adjusted, strict=True)
    ]


def against_clean_log(
    clean: Mapping[str, UserMetrics],
    corrupted: Sequence[tuple[str, UserMetrics]],
    metrics: Sequence[str],
) -> list[list[dict[str, Any]]]:
    """Test models that learnt from corrupted logs against themselves on the clean log.

    Args:
        clean: By model, the values of training on the clean log, averaged over seeds.
        corrupted: Per corruption the model and its values.
        metrics: To test.

    Returns:
        A list per corruption, of tests as in :func:`cascade_tests`, whose "against" is the model
        itself; "p_holm" is adjusted for the tests of all corruptions together.
    """
    names = [f"{number} {model}" for number, (model, _) in enumerate(corrupted)]
    per_user = {
        **clean,
        **{name: values for name, (_, values) in zip(names, corrupted, strict=True)},
    }
    pairs = [(name, model) for name, (model, _) in zip(names, corrupted, strict=True)]
    tests = cascade_tests(per_user, pairs, metrics)
    return [
        [{**test, "model": model} for test in tests if test["model"] == name]
        for name, model in pairs
    ]


def _tested(a: np.ndarray, b: np.ndarray) -> tuple[PairedTest, float] | None:
    """The test over users that have both values, and the mean of the second over them."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"Paired values must be over the same users, got {a.shape}, {b.shape}.")
    both = ~(np.isnan(a) | np.isnan(b))
    if both.sum() < 2:
        return None
    return paired_test(a[both], b[both]), float(b[both].mean())
