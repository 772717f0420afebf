"""Ranking losses: pure functions of scores; means, so that no weight depends on batch size."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def pointwise(positive_scores: Tensor, negative_scores: Tensor) -> Tensor:
    """Binary log loss: positives towards one, sampled negatives towards zero.

    Args:
        positive_scores: (batch,) raw scores of observed pairs.
        negative_scores: (batch, num_negatives) raw scores of sampled items.

    Returns:
        Mean of -log sigmoid(positive) plus mean of -log(1 - sigmoid(negative)); the two halves
        weigh alike however many negatives there are.

    Raises:
        ValueError: If the shapes do not fit.
    """
    _check_pairs(positive_scores, negative_scores)
    return F.softplus(-positive_scores).mean() + F.softplus(negative_scores).mean()


def bpr(positive_scores: Tensor, negative_scores: Tensor) -> Tensor:
    """Bayesian personalised ranking: each positive above each of its negatives.

    Args:
        positive_scores: (batch,) raw scores of observed pairs.
        negative_scores: (batch, num_negatives) raw scores of sampled items.

    Returns:
        Mean of -log sigmoid(positive - negative) over pairs and negatives.

    Raises:
        ValueError: If the shapes do not fit.

    Reference:
        Rendle et al., "BPR: Bayesian Personalized Ranking from Implicit Feedback", UAI 2009.
    """
    _check_pairs(positive_scores, negative_scores)
    return F.softplus(negative_scores - positive_scores.unsqueeze(1)).mean()


def softmax(score_rows: Tensor, positive_rows: Tensor, positive_items: Tensor) -> Tensor:
    """Cross-entropy of the user's positives under a softmax over the whole catalogue.

    Args:
        score_rows: (batch, num_items) raw scores.
        positive_rows: (num_positives,) row of each positive in the batch.
        positive_items: (num_positives,) its item.

    Returns:
        Mean of -log softmax(scores)[item] over the positives.

    Raises:
        ValueError: If the shapes do not fit.

    Reference:
        The multinomial likelihood of Liang et al., "Variational Autoencoders for Collaborative
        Filtering", WWW 2018.
    """
    if score_rows.dim() != 2 or positive_rows.shape != positive_items.shape:
        raise ValueError(
            f"expected score_rows (batch, num_items) and positives of one length, got "
            f"{tuple(score_rows.shape)}, {tuple(positive_rows.shape)}, "
            f"{tuple(positive_items.shape)}."
        )
    normalizers = torch.logsumexp(score_rows, dim=1)
    return (normalizers[positive_rows] - score_rows[positive_rows, positive_items]).mean()


def _check_pairs(positive_scores: Tensor, negative_scores: Tensor) -> None:
    if positive_scores.dim() != 1 or negative_scores.dim() != 2:
        raise ValueError(
            f"expected positives (batch,) and negatives (batch, num_negatives), got "
            f"{tuple(positive_scores.shape)} and {tuple(negative_scores.shape)}."
        )
    if len(positive_scores) != len(negative_scores):
        raise ValueError(
            f"{len(positive_scores)} positives do not match {len(negative_scores)} negatives."
        )
