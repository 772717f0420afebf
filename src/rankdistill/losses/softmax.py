"""Cross-entropy over the whole catalogue."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.kernels.normalizers import normalizers_and_scores
from rankdistill.kernels.product_softmax import product_softmax
from rankdistill.losses.mean_over_pairs import mean_over_pairs


def softmax(
    score_rows: Tensor,
    positive_rows: Tensor,
    positive_items: Tensor,
    weights: Tensor | None = None,
) -> Tensor:
    """Raise the user's positives under a softmax over the whole catalogue.

    Args:
        score_rows: (batch, num_items) raw scores.
        positive_rows: (num_positives,) row of each positive in the batch.
        positive_items: (num_positives,) its item.
        weights: (num_positives,) how much it counts, one in the mean over all training pairs; None:
            one each.

    Returns:
        Mean of weight * -log softmax(scores)[item] over the positives, a scalar.

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
    normalizers, positives = normalizers_and_scores(score_rows, positive_rows, positive_items)
    return mean_over_pairs(normalizers.index_select(0, positive_rows) - positives, weights)


def softmax_of_products(
    vectors: Tensor,
    items: Tensor,
    item_bias: Tensor | None,
    positive_items: Tensor,
    weights: Tensor | None = None,
) -> Tensor:
    """Compute ``softmax`` where scores are products, and each row has one positive.

    Args:
        vectors: (batch, dim).
        items: (num_items, dim): the scores are ``vectors @ items.t() + item_bias``.
        item_bias: (num_items,), or None.
        positive_items: (batch,) the positive of each row.
        weights: (batch,) how much it counts; None: one each.

    Returns:
        Mean of weight * -log softmax(scores)[item], a scalar.
    """
    counted = torch.ones_like(vectors[:, 0]) if weights is None else weights.to(vectors.dtype)
    return product_softmax(vectors, items, item_bias, positive_items, counted / len(vectors))
