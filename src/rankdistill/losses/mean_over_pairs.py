"""The mean of a loss over pairs that do not all count alike."""

from __future__ import annotations

from torch import Tensor


def mean_over_pairs(losses: Tensor, weights: Tensor | None) -> Tensor:
    """Average losses, each times the weight of its pair.

    The sum is divided by the number of losses and not by the sum of weights: weights have a mean
    of one over all training pairs, so that a batch of heavy pairs moves the model more.

    Args:
        losses: (n,) or (n, k): one or several for each pair.
        weights: (n,) of the pairs; None: one each.

    Returns:
        A scalar.

    Raises:
        ValueError: If there is not one weight for each pair.
    """
    if weights is None:
        return losses.mean()
    if weights.shape != losses.shape[:1]:
        raise ValueError(
            f"expected weights ({losses.shape[0]},), one for each pair, got {tuple(weights.shape)}."
        )
    return (losses * (weights if losses.dim() == 1 else weights[:, None])).mean()
