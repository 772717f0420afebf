"""Bayesian personalised ranking."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from rankdistill.losses.compared_scores import positives_and_negatives


def bpr(scores: Tensor) -> Tensor:
    """Rank each positive above each of its negatives.

    Args:
        scores: (batch, 1 + num_negatives) raw scores, each observed pair's first.

    Returns:
        Mean of -log sigmoid(positive - negative) over pairs and negatives, a scalar.

    Raises:
        ValueError: If the shape does not fit.

    Reference:
        Rendle et al., "BPR: Bayesian Personalized Ranking from Implicit Feedback", UAI 2009.
    """
    positives, negatives = positives_and_negatives(scores)
    return F.softplus(negatives - positives).mean()
