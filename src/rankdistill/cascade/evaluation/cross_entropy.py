"""Cross-entropy of predicted probabilities, and how far an early ranker is from a final one by it.

Every function takes tensors of one shape: (examples,) for one task, or (examples, tasks), whose
columns are evaluated separately. Results are float64, () or (tasks,). A weight of 0 leaves an
example out, such as one whose teacher scores were not logged; a column without weight is NaN.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.cascade.evaluation.weighted_examples import weighted_examples, weighted_mean

_SMALLEST = 1e-7
"""Least distance of probabilities from 0 and from 1: no example costs over 16.2 nats."""


def cross_entropy(probabilities: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
    """Average -(y ln p + (1 - y) ln(1 - p)), in nats.

    Probabilities are clamped to [1e-7, 1 - 1e-7], so that one that is exactly 0 or 1 and wrong
    costs 16.1 nats and not infinity.

    Args:
        probabilities: (examples, ...) p in [0, 1].
        labels: (examples, ...) y in [0, 1], hard or soft (another model's probabilities).
        weights: (examples, ...), not negative; by default every example counts once.

    Returns:
        (...) float64; NaN where all weights are 0 or there are no examples.

    Raises:
        ValueError: If shapes differ, or a value is out of its range.
        FloatingPointError: If a value is NaN or infinite.
    """
    p, y, w = weighted_examples(probabilities, labels, weights)
    p = p.clamp(_SMALLEST, 1 - _SMALLEST)
    return weighted_mean(-(y * p.log() + (1 - y) * (-p).log1p()), w)


def normalised_entropy(
    probabilities: Tensor, labels: Tensor, weights: Tensor | None = None
) -> Tensor:
    """Divide the cross-entropy by that of predicting the labels' mean for every example.

    A model that predicts the mean has 1; less is better. The divisor is the entropy of the weighted
    mean label.

    Args:
        probabilities: (examples, ...) in [0, 1].
        labels: (examples, ...) in [0, 1], hard or soft.
        weights: (examples, ...), not negative; by default every example counts once.

    Returns:
        (...) float64; NaN where the labels' mean is 0 or 1, which leaves nothing to predict, and
        where all weights are 0.

    Raises:
        ValueError: If shapes differ, or a value is out of its range.
        FloatingPointError: If a value is NaN or infinite.

    Reference:
        He et al., "Practical Lessons from Predicting Clicks on Ads at Facebook", ADKDD 2014,
        section 3.
    """
    _, y, w = weighted_examples(probabilities, labels, weights)
    rate = weighted_mean(y, w)
    entropy = torch.special.entr(rate) + torch.special.entr(1 - rate)
    losses = cross_entropy(probabilities, labels, weights)
    return torch.where(entropy > 0, losses / entropy, torch.nan)


def alignment_ratio(
    final: Tensor, early: Tensor, labels: Tensor, weights: Tensor | None = None
) -> Tensor:
    """Compute |CE(user, final) - CE(user, early)| / CE(final, early).

    CE(a, b) is the cross-entropy of b's probabilities against a as labels; the divisor takes the
    final ranker's probabilities as soft labels. A small ratio says that the early ranker predicts
    users about as well as the final ranker does, yet is far from it: it has learnt users, but not
    the final ranker. CE(final, early) is at least the entropy of the final ranker's probabilities,
    and so not 0 where the two agree.

    Args:
        final: (examples, ...) the final ranker's probabilities.
        early: (examples, ...) the early ranker's probabilities.
        labels: (examples, ...) what users did, in [0, 1].
        weights: (examples, ...), not negative, for all three; by default every example counts once.

    Returns:
        (...) float64, not negative; NaN where all weights are 0.

    Raises:
        ValueError: If shapes differ, or a value is out of its range.
        FloatingPointError: If a value is NaN or infinite.
    """
    gap = cross_entropy(final, labels, weights) - cross_entropy(early, labels, weights)
    return gap.abs() / cross_entropy(early, final, weights)
