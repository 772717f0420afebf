"""Products of several pairs of tables at once, with a gradient that suits each device."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.kernels.placement import on_cpu
from rankdistill.kernels.row_products import row_products


def stacked_products(left: Tensor, right: Tensor, shift: Tensor) -> Tensor:
    """Multiply rows with the table of their own part, like ``left @ right.mT + shift[:, None]``.

    On a CPU one product after the other keeps what it reads in the cache. A GPU is given all of
    them in one call.

    Args:
        left: (parts, batch, dim).
        right: (parts, n, dim).
        shift: (parts, n) added to every row of a part.

    Returns:
        (parts, batch, n).
    """
    if not on_cpu(left):
        return torch.baddbmm(shift.unsqueeze(1), left, right.transpose(1, 2))
    parts = zip(left.unbind(), right.unbind(), shift.unbind(), strict=True)
    return torch.stack([row_products(*part) for part in parts])
