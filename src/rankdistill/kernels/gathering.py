"""Rows of a table by id, with a gradient that is fast on a CPU and repeatable on a GPU."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from rankdistill.kernels.placement import on_cpu


def gather_rows(table: Tensor, ids: Tensor) -> Tensor:
    """Look up rows, like ``table[ids]``.

    On a CPU the gradient of ``index_select`` is accumulated two to three times faster than that of
    an embedding. On a GPU only the embedding adds in the same order every time.

    Args:
        table: (num_rows, ...) parameters.
        ids: int64 of any shape.

    Returns:
        (*ids.shape, ...) rows.
    """
    if on_cpu(table):
        return table.index_select(0, ids.flatten()).view(*ids.shape, *table.shape[1:])
    if table.dim() == 1:
        return F.embedding(ids, table.unsqueeze(1)).squeeze(-1)
    return F.embedding(ids, table)
