"""Binary log loss whose positives are softened by as much as sampling exaggerates them."""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor

from rankdistill.losses.compared_scores import positives_and_negatives
from rankdistill.losses.mean_over_pairs import mean_over_pairs


def gbce(scores: Tensor, beta: float, weights: Tensor | None = None) -> Tensor:
    """Pull sigmoid(positive)^beta towards one and sampled negatives towards zero.

    Args:
        scores: (batch, 1 + num_negatives) raw scores, each observed pair's first.
        beta: Power of the positive's probability, positive; 1 is the binary cross-entropy.
        weights: (batch,) how much each row counts, one in the mean over all training pairs; None:
            one each.

    Returns:
        Mean over pairs of weight * (-beta log sigmoid(positive) - the sum of
        log(1 - sigmoid(negative))), a scalar. It is (1 + num_negatives) times the paper's, so that
        it does not shrink beside other losses where there are many negatives.

    Raises:
        ValueError: If the shape does not fit, or ``beta`` is not positive.

    Reference:
        Petrov and Macdonald, "gSASRec: Reducing Overconfidence in Sequential Recommendation
        Trained with Negative Sampling", RecSys 2023.
    """
    if beta <= 0:
        raise ValueError(f"beta must be positive, got {beta}.")
    positives, negatives = positives_and_negatives(scores)
    terms = beta * F.softplus(-positives).squeeze(1) + F.softplus(negatives).sum(1)
    return mean_over_pairs(terms, weights)


def positive_power(num_negatives: int, num_items: int, t: float) -> float:
    """The power beta for a rate of sampling: alpha (t (1 - 1 / alpha) + 1 / alpha).

    alpha = num_negatives / (num_items - 1) is the share of the negatives that is drawn, one at
    most.

    Args:
        num_negatives: Drawn for each positive.
        num_items: Size of the catalogue, at least 2.
        t: 0: beta is 1, and sigmoids overestimate probabilities; 1: beta is alpha, and they do
            not.

    Returns:
        A number above 0 and up to 1.

    Raises:
        ValueError: If there is nothing to draw, or ``t`` does not lie in [0, 1].
    """
    if num_negatives < 1 or num_items < 2 or not 0 <= t <= 1:
        raise ValueError(
            f"expected num_negatives of at least 1, num_items of at least 2 and t in [0, 1], got "
            f"{num_negatives}, {num_items} and {t}."
        )
    alpha = min(num_negatives / (num_items - 1), 1.0)
    return alpha * (t * (1 - 1 / alpha) + 1 / alpha)


def base_score(beta: float, num_negatives: int) -> float:
    """The score at which ``gbce`` is least where all items have the same: log(beta / negatives).

    Args:
        beta: Power of the positive's probability, positive.
        num_negatives: Drawn for each positive, at least 1.
    """
    return math.log(beta / num_negatives)
