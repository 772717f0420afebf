"""Calibration: whether predicted probabilities come true, overall and in bins of predictions.

Tensors are (examples,) for one task, or (examples, tasks), whose columns are evaluated
separately; results are float64, () or (tasks,).
"""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.cascade.evaluation.weighted_examples import weighted_examples, weighted_mean


def calibration_ratio(
    probabilities: Tensor, labels: Tensor, weights: Tensor | None = None
) -> Tensor:
    """Divide the mean prediction by the mean label: 1 is calibrated, above 1 predicts too much.

    Args:
        probabilities: (examples, ...) in [0, 1].
        labels: (examples, ...) in [0, 1], hard or soft.
        weights: (examples, ...), not negative; by default every example counts once.

    Returns:
        (...) float64; NaN where no label is positive, and where all weights are 0.

    Raises:
        ValueError: If shapes differ, or a value is out of its range.
        FloatingPointError: If a value is NaN or infinite.

    Reference:
        He et al., "Practical Lessons from Predicting Clicks on Ads at Facebook", ADKDD 2014,
        section 3.
    """
    p, y, w = weighted_examples(probabilities, labels, weights)
    mean_label = weighted_mean(y, w)
    return torch.where(mean_label > 0, weighted_mean(p, w) / mean_label, torch.nan)


def expected_calibration_error(
    probabilities: Tensor, labels: Tensor, weights: Tensor | None = None, num_bins: int = 10
) -> Tensor:
    """Average the distance between prediction and label over bins of equal mass.

    Examples are sorted by their prediction and cut into ``num_bins`` bins of the same weight; an
    example is in bin floor(num_bins * c), where c is the share of the weight below it and half of
    its own. Equal predictions share one bin, chosen by the middle of them all, so that the order of
    the examples does not matter and a constant prediction has one bin. The
    error is the sum over bins of (share of weight) * |mean prediction - mean label|.

    Args:
        probabilities: (examples, ...) in [0, 1].
        labels: (examples, ...) in [0, 1], hard or soft.
        weights: (examples, ...), not negative; by default every example counts once.
        num_bins: At least 1; some stay empty where there are fewer distinct predictions.

    Returns:
        (...) float64 in [0, 1]; NaN where all weights are 0 or there are no examples.

    Raises:
        ValueError: If shapes differ, or a value is out of its range.
        FloatingPointError: If a value is NaN or infinite.

    Reference:
        Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian
        Binning", AAAI 2015, for the error; Nixon et al., "Measuring Calibration in Deep Learning",
        CVPR workshops 2019, for bins of equal mass.
    """
    if num_bins < 1:
        raise ValueError(f"num_bins must be at least 1, got {num_bins}.")
    p, y, w = weighted_examples(probabilities, labels, weights)
    total = w.sum(0)
    bins = _equal_mass_bins(p, w, num_bins)
    gaps = torch.zeros(num_bins, *p.shape[1:], dtype=p.dtype, device=p.device)
    return gaps.scatter_add(0, bins, w * (p - y)).abs().sum(0) / total


def _equal_mass_bins(p: Tensor, w: Tensor, num_bins: int) -> Tensor:
    """(examples, ...) int64, the bin of each example; equal predictions share one."""
    ordered, order = torch.sort(p, dim=0)
    mass = w.gather(0, order)
    starts = torch.ones_like(ordered, dtype=torch.int64)
    starts[1:] = (ordered[1:] != ordered[:-1]).long()
    groups = starts.cumsum(0) - 1
    group_mass = torch.zeros_like(mass).scatter_add(0, groups, mass)
    middles = group_mass.cumsum(0) - group_mass / 2
    shares = middles / w.sum(0).clamp(min=torch.finfo(w.dtype).tiny)
    group_bins = (num_bins * shares).long().clamp(max=num_bins - 1)
    bins = torch.empty_like(order)
    return bins.scatter(0, order, group_bins.gather(0, groups))
