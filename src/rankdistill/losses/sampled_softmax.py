"""Cross-entropy over a sample of the catalogue, corrected for how the sample was drawn."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from rankdistill.losses.compared_scores import positives_and_negatives
from rankdistill.losses.mean_over_pairs import mean_over_pairs


def sampled_softmax(
    scores: Tensor, log_counts: Tensor, dropped: Tensor, weights: Tensor | None = None
) -> Tensor:
    """Raise each positive under a softmax that sampled negatives estimate.

    Items that are drawn often would be pushed down often. So the logarithm of the expected count
    is subtracted from the score of a negative, and the sum over the sample estimates the sum over
    all items that may be drawn. The positive is part of every sample: nothing is subtracted from
    it, and where it is drawn once more, an accidental hit, the caller drops it.

    Args:
        scores: (batch, 1 + num_negatives) raw scores, each observed pair's first.
        log_counts: (num_negatives,) or (batch, num_negatives), the logarithm of how often each
            negative is expected among those drawn.
        dropped: (batch, num_negatives) bool, negatives that a row is not compared with.
        weights: (batch,) how much each row counts, one in the mean over all training pairs; None:
            one each.

    Returns:
        Mean of weight * (log(exp(positive) + sum exp(negative - log_count)) - positive), a scalar.

    Raises:
        ValueError: If the shapes do not fit.

    Reference:
        Bengio and Senécal, "Adaptive Importance Sampling to Accelerate Training of a Neural
        Probabilistic Language Model", IEEE Transactions on Neural Networks 2008; accidental hits
        and the correction as in Jean et al., "On Using Very Large Target Vocabulary for Neural
        Machine Translation", ACL 2015.
    """
    positives, negatives = positives_and_negatives(scores)
    if dropped.shape != negatives.shape or log_counts.shape not in (
        negatives.shape,
        negatives.shape[1:],
    ):
        raise ValueError(
            f"expected dropped {tuple(negatives.shape)}, and log_counts of that shape or of a "
            f"row's, got {tuple(dropped.shape)} and {tuple(log_counts.shape)}."
        )
    corrected = (negatives - log_counts).masked_fill(dropped, -math.inf)
    normalizers = torch.cat([positives, corrected], dim=1).logsumexp(1)
    return mean_over_pairs(normalizers - positives.squeeze(1), weights)
