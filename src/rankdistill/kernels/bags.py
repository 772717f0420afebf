"""Weighted sums of rows of a table, with a gradient that needs no sort on a CPU."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from scipy.sparse import csc_array
from torch import Tensor
from torch.autograd.function import once_differentiable

from rankdistill.kernels.placement import on_cpu

_PRECISE = (torch.float32, torch.float64)


def bag_sums(table: Tensor, ids: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
    """Add up the rows of each bag by weight.

    Args:
        table: (num_rows, dim).
        ids: (n,) int64 in [0, num_rows), bag after bag.
        offsets: (num_bags + 1,) int64; bag b is ``ids[offsets[b]:offsets[b + 1]]``.
        weights: (n,) of the table's precision; they get no gradient.

    Returns:
        (num_bags, dim).
    """
    if not on_cpu(table) or table.dtype not in _PRECISE:
        return _sums(table, ids, offsets, weights)
    sums = _BagSums.apply(table, ids, offsets, weights)
    assert isinstance(sums, Tensor)
    return sums


def mixed_rows(table: Tensor, ids: Tensor, weights: Tensor) -> Tensor:
    """Mix the rows of each list in several ways: ``weights @ table[ids]``.

    Args:
        table: (num_rows, dim).
        ids: (lists, length) int64.
        weights: (lists, ways, length) of the table's precision; they get no gradient.

    Returns:
        (lists, ways, dim).
    """
    if not on_cpu(table) or table.dtype not in _PRECISE:
        return weights @ F.embedding(ids, table)
    length = ids.shape[1]
    each = ids[:, None].expand_as(weights).flatten()
    offsets = torch.arange(0, len(each) + 1, length)
    return bag_sums(table, each, offsets, weights.flatten()).unflatten(0, weights.shape[:2])


class _BagSums(torch.autograd.Function):
    """Adds gradients as the product of a sparse matrix, a column of which is a bag."""

    @staticmethod
    def forward(table: Tensor, ids: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
        return _sums(table.detach(), ids, offsets, weights)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        table, *of_bags = inputs
        ctx.save_for_backward(*of_bags)
        ctx.num_rows = table.shape[0]

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]: the decorator hides names
        ctx: Any, *gradients: Tensor
    ) -> tuple[Tensor, None, None, None]:
        ids, offsets, weights = (tensor.numpy() for tensor in ctx.saved_tensors)
        gradient = gradients[0].contiguous()
        bags = csc_array((weights, ids, offsets), shape=(ctx.num_rows, len(gradient)))
        return torch.from_numpy(bags @ gradient.numpy()), None, None, None

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *args: Tensor) -> tuple[Tensor, int]:
        """Put the rows of several tables side by side: their bags are the same."""
        assert in_dims == (0, None, None, None), "tables may differ, bags may not"
        tables, *bags = args
        sums = bag_sums(tables.movedim(0, 1).flatten(1), *bags)
        return sums.unflatten(1, (info.batch_size, -1)).movedim(1, 0).contiguous(), 0


def _sums(table: Tensor, ids: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
    return F.embedding_bag(
        ids, table, offsets, mode="sum", per_sample_weights=weights, include_last_offset=True
    )
