"""Gradients of the inner products of pairs of rows of two tables, on a CPU.

Gathered rows and their gradient would each be a (batch, n, dim) tensor that has to pass through
memory. Here a user's gradient is a weighted bag of its items, and an item's is one of its users.
Rows are added in the same order however many threads there are.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from scipy.sparse import csc_array
from torch import Tensor

from rankdistill.kernels.sorting import sorting_order

_SMALL = 2**14  # numbers in the rows of all pairs, up to which they are gathered after all
_SHORT = 32  # dimensions, below which pairs are added as they come
_LONG = 2**16  # numbers in the rows of a batch, from which on its users are sorted


def user_gradient(
    gradient: Tensor, user_ids: Tensor, item_ids: Tensor, items: Tensor, num_users: int
) -> Tensor:
    """Add the gradient of pair products to a table of users.

    Each row of the batch is a bag of its items, and the bags of one user are added.

    Args:
        gradient: (batch, n) of the products, contiguous.
        user_ids: (batch,) int64 in [0, num_users).
        item_ids: (batch, n) int64, contiguous.
        items: (num_items, dim).
        num_users: Rows of the table.

    Returns:
        (num_users, dim): sum over pairs of gradient * item.
    """
    dim = items.shape[1]
    if len(user_ids) * dim < _LONG:
        rows = F.embedding_bag(item_ids, items, mode="sum", per_sample_weights=gradient)
        return items.new_zeros(num_users, dim).index_add_(0, user_ids, rows)
    order = sorting_order(user_ids, num_users)
    return F.embedding_bag(
        item_ids.index_select(0, order).view(-1),
        items,
        _starts(user_ids, num_users) * item_ids.shape[1],
        mode="sum",
        per_sample_weights=gradient.index_select(0, order).view(-1),
        include_last_offset=True,
    )


def item_gradient(gradient: Tensor, item_ids: Tensor, rows: Tensor, num_items: int) -> Tensor:
    """Add the gradient of pair products to a table of items.

    Each item is a bag of the rows of its pairs, which are sorted by item where rows are long.
    Sorting pairs costs more than adding short rows as they come. There one column of a sparse
    matrix is one row of the batch, and the product of the matrix with the rows adds them. A small
    batch is over before such a matrix is made: its rows are gathered.

    Args:
        gradient: (batch, n) of the products, contiguous.
        item_ids: (batch, n) int64 in [0, num_items), contiguous.
        rows: (batch, dim) what the items were multiplied with.
        num_items: Rows of the table.

    Returns:
        (num_items, dim): sum over pairs of gradient * row.
    """
    dim, num_each = rows.shape[1], item_ids.shape[1]
    if item_ids.numel() * dim <= _SMALL:
        products = (gradient.unsqueeze(2) * rows.unsqueeze(1)).view(-1, dim)
        return rows.new_zeros(num_items, dim).index_add_(0, item_ids.view(-1), products)
    if dim < _SHORT:
        starts = np.arange(0, item_ids.numel() + 1, num_each)
        cells = (gradient.view(-1).numpy(), item_ids.view(-1).numpy(), starts)
        shares = csc_array(cells, shape=(num_items, len(rows)))
        return torch.from_numpy(shares @ rows.numpy())
    order = sorting_order(item_ids.view(-1), num_items)
    return F.embedding_bag(
        order.div(num_each, rounding_mode="floor"),
        rows,
        _starts(item_ids.view(-1), num_items),
        mode="sum",
        per_sample_weights=gradient.view(-1).index_select(0, order),
        include_last_offset=True,
    )


def bias_gradient(gradient: Tensor, ids: Tensor, size: int) -> Tensor:
    """Add up (n,) gradients by (n,) int64 id: (size,)."""
    return torch.bincount(ids, gradient, minlength=size).to(gradient.dtype)


def _starts(ids: Tensor, size: int) -> Tensor:
    """(size + 1,) where each id begins once they are sorted, and the end."""
    starts = ids.new_zeros(size + 1)
    torch.cumsum(torch.bincount(ids, minlength=size), 0, out=starts[1:])
    return starts
