"""Bayesian personalised ranking."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from rankdistill.losses.compared_scores import positives_and_negatives
from rankdistill.losses.mean_over_pairs import mean_over_pairs


def bpr(scores: Tensor, weights: Tensor | None = None) -> Tensor:
    """Rank each positive above each of its negatives.

    Args:
        scores: (batch, 1 + num_negatives) raw scores, each observed pair's first.
        weights: (batch,) how much each row counts, one in the mean over all training pairs; None:
            one each.

    Returns:
        Mean of weight * -log sigmoid(positive - negative) over pairs and negatives, a scalar.

    Raises:
        ValueError: If the shape does not fit.

    Reference:
        Rendle et al., "BPR: Bayesian Personalized Ranking from Implicit Feedback", UAI 2009.
    """
    positives, negatives = positives_and_negatives(scores)
    return mean_over_pairs(F.softplus(negatives - positives), weights)
