"""The teacher's scores, known to be finite."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.distillation.interface import ScoreRows
from rankdistill.histories.contexts import Contexts


@torch.no_grad()
def finite_scores(score_rows: ScoreRows, contexts: Contexts) -> Tensor:
    """Contexts to (batch, num_items) raw scores of the teacher, without gradient.

    Raises:
        FloatingPointError: If the teacher's scores are not finite.
    """
    scores = score_rows(contexts)
    if not bool(torch.isfinite(scores).all()):
        raise FloatingPointError("The teacher's scores are not all finite; train it again.")
    return scores
