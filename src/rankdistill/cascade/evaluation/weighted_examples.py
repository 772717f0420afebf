"""Checks probabilities, labels and weights of examples, and averages them in float64."""

from __future__ import annotations

import torch
from torch import Tensor


def weighted_examples(
    probabilities: Tensor, labels: Tensor, weights: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Check three tensors of one shape and bring them to float64.

    Args:
        probabilities: (examples, ...) in [0, 1].
        labels: (examples, ...) in [0, 1]; hard ones, also as bool, or soft ones.
        weights: (examples, ...), not negative; None counts every example once.

    Returns:
        The three in their order, float64.

    Raises:
        ValueError: If shapes differ, or a value is out of its range.
        FloatingPointError: If a value is NaN or infinite.
    """
    if weights is None:
        weights = torch.ones_like(probabilities)
    named = {"probabilities": probabilities, "labels": labels, "weights": weights}
    for name, tensor in named.items():
        if tensor.dim() == 0 or tensor.shape != probabilities.shape:
            raise ValueError(
                f"{name} must be (examples, ...) in the shape of probabilities "
                f"{tuple(probabilities.shape)}, got {tuple(tensor.shape)}."
            )
        if not bool(tensor.isfinite().all()):
            raise FloatingPointError(
                f"{name} hold NaN or an infinite value. Has the model that wrote them diverged?"
            )
    for name, tensor in list(named.items())[:2]:
        if bool(((tensor < 0) | (tensor > 1)).any()):
            raise ValueError(
                f"{name} must lie in [0, 1], got {float(tensor.min()):g} to "
                f"{float(tensor.max()):g}; are they logits that need a sigmoid?"
            )
    if bool((weights < 0).any()):
        raise ValueError(f"weights must not be negative, got {float(weights.min()):g}.")
    return probabilities.double(), labels.double(), weights.double()


def weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Average (examples, ...) float64 over the first dimension; NaN where all weights are 0."""
    return (values * weights).sum(0) / weights.sum(0)
