"""Rows of a table by id, with a gradient that is fast on a CPU and repeatable on a GPU."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from rankdistill.devices import is_near


def gather_rows(table: Tensor, ids: Tensor) -> Tensor:
    """Look up rows.

    On a CPU the gradient of ``index_select`` is accumulated two to three times faster than that of
    an embedding; on a GPU only the latter adds in the same order every time.

    Args:
        table: (num_rows, ...) parameters.
        ids: int64 of any shape.

    Returns:
        (*ids.shape, ...) rows.
    """
    if is_near(table):
        return table.index_select(0, ids.flatten()).view(*ids.shape, *table.shape[1:])
    if table.dim() == 1:
        return F.embedding(ids, table.unsqueeze(1)).squeeze(-1)
    return F.embedding(ids, table)
