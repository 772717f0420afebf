"""Ranking losses: pure functions of scores; means, so that no weight depends on batch size."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from rankdistill.devices import is_near


def pointwise(scores: Tensor) -> tuple[Tensor, Tensor]:
    """Binary log loss: positives towards one, sampled negatives towards zero.

    Args:
        scores: (batch, 1 + num_negatives) raw scores, each observed pair's first.

    Returns:
        Mean of -log sigmoid(positive) plus mean of -log(1 - sigmoid(negative)); the two halves
        weigh alike however many negatives there are. And its gradient, of the scores' shape.

    Raises:
        ValueError: If the shape does not fit.
    """
    _check_shape(scores)
    loss = F.softplus(-scores[:, 0]).mean() + F.softplus(scores[:, 1:]).mean()
    gradient = scores.sigmoid()
    gradient[:, 0] -= 1
    gradient[:, 0] /= len(scores)
    gradient[:, 1:] /= scores[:, 1:].numel()
    return loss, gradient


def bpr(scores: Tensor) -> tuple[Tensor, Tensor]:
    """Bayesian personalised ranking: each positive above each of its negatives.

    Args:
        scores: (batch, 1 + num_negatives) raw scores, each observed pair's first.

    Returns:
        Mean of -log sigmoid(positive - negative) over pairs and negatives, and its gradient, of
        the scores' shape.

    Raises:
        ValueError: If the shape does not fit.

    Reference:
        Rendle et al., "BPR: Bayesian Personalized Ranking from Implicit Feedback", UAI 2009.
    """
    _check_shape(scores)
    gaps = scores[:, 1:] - scores[:, :1]
    loss = F.softplus(gaps).mean()
    of_negatives = gaps.sigmoid_().div_(gaps.numel())
    return loss, torch.cat([of_negatives.sum(1, keepdim=True).neg_(), of_negatives], dim=1)


def softmax(
    score_rows: Tensor, positive_rows: Tensor, positive_items: Tensor
) -> tuple[Tensor, Tensor]:
    """Cross-entropy of the user's positives under a softmax over the whole catalogue.

    Args:
        score_rows: (batch, num_items) raw scores.
        positive_rows: (num_positives,) row of each positive in the batch.
        positive_items: (num_positives,) its item.

    Returns:
        Mean of -log softmax(scores)[item] over the positives, and its gradient, of the rows' shape.

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
    scores = score_rows.contiguous()
    share = 1.0 / len(positive_rows)
    shares = _counts(positive_rows, scores) * share
    positives = positive_rows * scores.shape[1] + positive_items
    largest = scores.amax(1, keepdim=True)
    gradient = (scores - largest).exp_()
    sums = gradient.sum(1, keepdim=True)
    normalizers = (largest + sums.log()).squeeze(1)
    loss = shares.dot(normalizers) - share * scores.view(-1).index_select(0, positives).sum()
    gradient *= shares[:, None] / sums
    gradient.view(-1).index_add_(0, positives, gradient.new_full(positives.shape, -share))
    return loss, gradient


def _counts(positive_rows: Tensor, scores: Tensor) -> Tensor:
    """(batch,) positives of each row; to count by bins is quick on a CPU and waits for a GPU."""
    if is_near(scores):
        return torch.bincount(positive_rows, minlength=len(scores)).to(scores.dtype)
    ones = scores.new_ones(positive_rows.shape)
    return scores.new_zeros(len(scores)).index_add_(0, positive_rows, ones)


def _check_shape(scores: Tensor) -> None:
    if scores.dim() != 2 or scores.shape[1] < 2:
        raise ValueError(f"expected scores (batch, 1 + num_negatives), got {tuple(scores.shape)}.")
