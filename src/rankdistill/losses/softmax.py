"""Cross-entropy over the whole catalogue."""

from __future__ import annotations

from torch import Tensor

from rankdistill.kernels.normalizers import normalizers_and_scores
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
