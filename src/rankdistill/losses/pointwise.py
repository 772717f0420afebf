"""Binary log loss of observed pairs and sampled negatives."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from rankdistill.losses.compared_scores import positives_and_negatives
from rankdistill.losses.mean_over_pairs import mean_over_pairs


def pointwise(scores: Tensor, weights: Tensor | None = None) -> Tensor:
    """Pull positives towards one and sampled negatives towards zero.

    The two halves weigh alike however many negatives there are.

    Args:
        scores: (batch, 1 + num_negatives) raw scores, each observed pair's first.
        weights: (batch,) how much each row counts, one in the mean over all training pairs; None:
            one each.

    Returns:
        Mean of -log sigmoid(positive) plus mean of -log(1 - sigmoid(negative)), each term times
        its pair's weight; a scalar.

    Raises:
        ValueError: If the shape does not fit.
    """
    positives, negatives = positives_and_negatives(scores)
    raised, lowered = F.softplus(-positives), F.softplus(negatives)
    return mean_over_pairs(raised, weights) + mean_over_pairs(lowered, weights)
