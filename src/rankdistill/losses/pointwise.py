"""Binary log loss of observed pairs and sampled negatives."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from rankdistill.losses.compared_scores import positives_and_negatives


def pointwise(scores: Tensor) -> Tensor:
    """Pull positives towards one and sampled negatives towards zero.

    The two halves weigh alike however many negatives there are.

    Args:
        scores: (batch, 1 + num_negatives) raw scores, each observed pair's first.

    Returns:
        Mean of -log sigmoid(positive) plus mean of -log(1 - sigmoid(negative)), a scalar.

    Raises:
        ValueError: If the shape does not fit.
    """
    positives, negatives = positives_and_negatives(scores)
    return F.softplus(-positives).mean() + F.softplus(negatives).mean()
