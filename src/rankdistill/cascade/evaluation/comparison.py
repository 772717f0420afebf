"""Paired tests over users between the rankers of a cascade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rankdistill.evaluation.multiple_tests import corrected_together
from rankdistill.evaluation.significance import PairedTest, paired_test

UserMetrics = Mapping[str, np.ndarray]
"""(num_users,) values of each metric, such as "ndcg@10_after_100", the users in one order.

A user without a value, such as one who liked nothing, has NaN.
"""


def cascade_tests(
    per_user: Mapping[str, UserMetrics],
    pairs: Sequence[tuple[str, str]],
    metrics: Sequence[str],
) -> list[dict[str, Any]]:
    """Test models against each other, user by user.

    Args:
        per_user: By model, values that are averaged over seeds, so that no user counts twice.
        pairs: Each model and the one that it is compared with.
        metrics: Metrics to test where both models of a pair have them.

    Returns:
        Pair by pair, per metric "model", "against", "metric", what ``corrected_together`` says of
        model - against, corrected for all tests of this list, and "relative" (the difference over
        the mean of ``against``; None where that is 0). Users without a value in either model are
        left out; a pair with fewer than two users has no test.

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
    corrected = corrected_together([test for *_, (test, _) in found])
    return [
        {
            "model": model,
            "against": against,
            "metric": metric,
            **fields,
            "relative": fields["difference"] / level if level else None,
        }
        for (model, against, metric, (_, level)), fields in zip(found, corrected, strict=True)
    ]


def against_clean_log(
    clean: Mapping[str, UserMetrics],
    corrupted: Sequence[tuple[str, UserMetrics]],
    metrics: Sequence[str],
) -> list[list[dict[str, Any]]]:
    """Test models that learnt from corrupted logs against themselves on the clean log.

    Args:
        clean: By model, the values of training on the clean log, averaged over seeds.
        corrupted: The model and its values on each corrupted log.
        metrics: Metrics to test.

    Returns:
        The tests of each corruption, as :func:`cascade_tests` returns them, with the model itself
        as "against", corrected for the tests of all corruptions together.
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
    """Test over users that have both values; returns the mean of the second over them too."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"Paired values must be over the same users, got {a.shape}, {b.shape}.")
    both = ~(np.isnan(a) | np.isnan(b))
    if both.sum() < 2:
        return None
    return paired_test(a[both], b[both]), float(b[both].mean())
