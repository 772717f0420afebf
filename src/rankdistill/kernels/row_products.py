"""Inner products of some rows with a whole table, with gradients that suit short rows on a CPU.

Short rows make long and thin matrix products. MKL, with which PyTorch multiplies on most CPUs, can
take several times as long for them as oneDNN, which comes with PyTorch too.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from rankdistill.kernels.placement import on_cpu

_NARROW = 16  # columns, from which on MKL's products with the gradient are no slower
_LARGE = 2**18  # multiplications, below which oneDNN's first look at a shape does not pay
_PRECISE = (torch.float32, torch.float64)


def row_products(left: Tensor, right: Tensor, shift: Tensor | None = None) -> Tensor:
    """Multiply rows with a whole table, like ``left @ right.t() + shift``.

    Args:
        left: (batch, dim).
        right: (n, dim).
        shift: (n,) added to every row, or None.

    Returns:
        (batch, n).
    """
    if (
        not on_cpu(left)
        or left.dtype not in _PRECISE
        or torch.is_autocast_enabled("cpu")
        or not torch.is_grad_enabled()
    ):
        return _product(left, right, shift)
    products = _RowProducts.apply(left, right, shift)
    assert isinstance(products, Tensor)
    return products


class _RowProducts(torch.autograd.Function):
    """Make narrow gradients as products whose rows are long."""

    @staticmethod
    def forward(ctx: Any, left: Tensor, right: Tensor, shift: Tensor | None) -> Tensor:
        ctx.save_for_backward(left, right)
        return _product(left, right, shift)

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]: the decorator hides names
        ctx: Any, *gradients: Tensor
    ) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        left, right = ctx.saved_tensors
        gradient = gradients[0].contiguous()  # of a slice, oneDNN's products take ten times as long
        narrow = left.shape[1] < _NARROW
        of_left = of_right = of_shift = None
        if ctx.needs_input_grad[0]:
            of_left = _product(gradient, right.t()) if narrow else gradient @ right
        if ctx.needs_input_grad[1] and narrow:
            of_right = _product(left.t(), gradient.t()).t().contiguous()
        elif ctx.needs_input_grad[1]:
            of_right = gradient.t() @ left
        if ctx.needs_input_grad[2]:
            of_shift = gradient.sum(0)
        return of_left, of_right, of_shift


def _product(left: Tensor, right: Tensor, shift: Tensor | None = None) -> Tensor:
    """Multiply by oneDNN where it is at hand and worth its first look."""
    if (
        left.dtype == torch.float32
        and on_cpu(left)
        and left.numel() * len(right) >= _LARGE
        and torch.backends.mkldnn.is_available()
        and not torch.is_autocast_enabled("cpu")
    ):
        return torch.ops.mkldnn._linear_pointwise(left, right, shift, "none", [], "")
    return F.linear(left, right, shift)
