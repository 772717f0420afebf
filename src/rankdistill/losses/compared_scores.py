"""Scores of observed pairs beside those of sampled negatives."""

from __future__ import annotations

from torch import Tensor


def positives_and_negatives(scores: Tensor) -> tuple[Tensor, Tensor]:
    """Part each row's positive, its first score, from its negatives.

    Args:
        scores: (batch, 1 + num_negatives) raw scores.

    Returns:
        (batch, 1) and (batch, num_negatives).

    Raises:
        ValueError: If the shape does not fit.
    """
    if scores.dim() != 2 or scores.shape[1] < 2:
        raise ValueError(f"expected scores (batch, 1 + num_negatives), got {tuple(scores.shape)}.")
    positives, negatives = scores.split([1, scores.shape[1] - 1], dim=1)
    return positives, negatives
