"""The best entries of score rows."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from rankdistill.kernels.placement import on_cpu


def best_of_rows(scores: Tensor, top_k: int) -> Tensor:
    """Find the best entries of each row, like ``scores.topk(top_k, dim=1).indices``.

    On a CPU numpy's vectorised partition is several times faster than ``topk``. Which of several
    equal scores is kept, or comes first, is arbitrary.

    Args:
        scores: (batch, n), n at least ``top_k``, no gradient.
        top_k: Entries kept.

    Returns:
        (batch, top_k) int64 positions, best first.
    """
    if not on_cpu(scores) or scores.dtype != torch.float32:
        return scores.topk(top_k, dim=1).indices
    unordered = np.argpartition(scores.neg().numpy(), top_k - 1, axis=1)[:, :top_k]
    items = torch.from_numpy(np.ascontiguousarray(unordered))
    return items.gather(1, scores.gather(1, items).argsort(dim=1, descending=True))
