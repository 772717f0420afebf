"""Inner products of some pairs of rows of two tables, and what they pass back, on a CPU.

Gathered rows, their product and its gradient would each be a (batch, n, dim) tensor that the
memory has to take in. Here the scores are a product sampled at the pairs, a user's gradient is a
weighted bag of its items, and an item's is one of its users: the rows of a gradient are added in
the same order however many threads there are.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from scipy.sparse import csc_array
from torch import Tensor

_WIDE = 64  # dimensions, from which on a sparse product beats a batched one over gathered rows
_NARROW, _MANY = 8, 180_000  # from so many it does where so many numbers would be gathered
_SHORT = 32  # dimensions, below which pairs are added as they come
_LONG = 2**16  # numbers in the rows of a batch, from which on its users are sorted


class PairTables(NamedTuple):
    """What pairs are scored with: s(u, i) = <p_u, q_i> + b_u + b_i.

    Attributes:
        users: (num_users, dim) float32 or float64.
        items: (num_items, dim), and like all that follow of the same type.
        user_bias: (num_users,), or None.
        item_bias: (num_items,), or None.
    """

    users: Tensor
    items: Tensor
    user_bias: Tensor | None = None
    item_bias: Tensor | None = None


def scores_of_pairs(tables: PairTables, user_ids: Tensor, item_ids: Tensor) -> Tensor:
    """Score some items per user; a product sampled at the pairs, without a gradient.

    Args:
        tables: Embeddings and biases, without gradient.
        user_ids: (batch,) int64.
        item_ids: (batch, n) int64, contiguous.

    Returns:
        (batch, n) raw scores.

    Raises:
        IndexError: If an id is out of range.
    """
    try:
        shifts = _shifts(tables, user_ids, item_ids)
        rows = tables.users.index_select(0, user_ids)
    except IndexError:
        _check_range("user", user_ids, len(tables.users))
        _check_range("item", item_ids, len(tables.items))
        raise
    scores = _products(rows, tables.items, item_ids)
    for shift in shifts:
        scores += shift
    return scores


def gradients_of_pairs(
    tables: PairTables,
    user_ids: Tensor,
    item_ids: Tensor,
    gradient: Tensor,
    wanted: Sequence[bool],
) -> list[Tensor | None]:
    """What the scores' gradient is to the tables: bags of embeddings, added in a fixed order.

    Args:
        tables: See scores_of_pairs.
        user_ids: See scores_of_pairs.
        item_ids: See scores_of_pairs.
        gradient: (batch, n) of the scores, contiguous.
        wanted: Which of the four tables' gradients to make.

    Returns:
        A gradient of the shape of each table, or None.
    """
    found = (
        lambda: _user_gradient(tables, user_ids, item_ids, gradient),
        lambda: _item_gradient(tables, user_ids, item_ids, gradient),
        lambda: _sums(user_ids, gradient.sum(1), len(tables.users)),
        lambda: _sums(item_ids.view(-1), gradient.view(-1), len(tables.items)),
    )
    return [
        gradient_of() if needed else None for needed, gradient_of in zip(wanted, found, strict=True)
    ]


def _shifts(tables: PairTables, user_ids: Tensor, item_ids: Tensor) -> list[Tensor]:
    """What biases add to the scores. A sampled product trusts its ids, a look-up does not."""
    shifts = []
    if tables.item_bias is None:
        _check_range("item", item_ids, len(tables.items))
    else:
        shifts.append(tables.item_bias.index_select(0, item_ids.view(-1)).view_as(item_ids))
    if tables.user_bias is not None:
        shifts.append(tables.user_bias.index_select(0, user_ids)[:, None])
    return shifts


def _check_range(name: str, ids: Tensor, size: int) -> None:
    if ids.numel():
        least, most = (int(bound) for bound in ids.aminmax())
        if least < 0 or most >= size:
            raise IndexError(f"{name} ids must lie in [0, {size}), got {least} to {most}.")


def _products(rows: Tensor, items: Tensor, item_ids: Tensor) -> Tensor:
    batch, num_each = item_ids.shape
    dim = rows.shape[1]
    is_large = dim >= _WIDE or (dim >= _NARROW and item_ids.numel() * dim >= _MANY)
    if not is_large or not 0 < item_ids.numel() <= batch * len(items):  # it takes no more cells
        columns = items.index_select(0, item_ids.view(-1)).view(batch, num_each, dim)
        return torch.bmm(columns, rows.unsqueeze(2)).squeeze(2)
    _announce_sparse_rows()
    cells = torch.sparse_csr_tensor(
        torch.arange(0, item_ids.numel() + 1, num_each),
        item_ids.view(-1),
        rows.new_zeros(item_ids.numel()),
        (batch, len(items)),
        check_invariants=False,  # unsorted and repeated columns are fine in a sampled product
    )
    sampled = torch.sparse.sampled_addmm(cells, rows, items.t(), beta=0.0)
    return sampled.values().view(batch, num_each)


def _user_gradient(
    tables: PairTables, user_ids: Tensor, item_ids: Tensor, gradient: Tensor
) -> Tensor:
    """Each row of the batch is a bag of its items; the bags of one user are added."""
    if len(user_ids) * tables.users.shape[1] < _LONG:
        rows = F.embedding_bag(item_ids, tables.items, mode="sum", per_sample_weights=gradient)
        return torch.zeros_like(tables.users).index_add_(0, user_ids, rows)
    order = sorting_order(user_ids, len(tables.users))
    return F.embedding_bag(
        item_ids.index_select(0, order).view(-1),
        tables.items,
        _starts(user_ids, len(tables.users)) * item_ids.shape[1],
        mode="sum",
        per_sample_weights=gradient.index_select(0, order).view(-1),
        include_last_offset=True,
    )


def _item_gradient(
    tables: PairTables, user_ids: Tensor, item_ids: Tensor, gradient: Tensor
) -> Tensor:
    """Each item is a bag of the users of its pairs, which are sorted by item where rows are long.

    To sort pairs costs more than to add short rows as they come: one column of a sparse matrix is
    one row of the batch, and its product with their users adds them so.
    """
    if tables.users.shape[1] < _SHORT:
        batch, num_each = item_ids.shape
        starts = np.arange(0, item_ids.numel() + 1, num_each)
        cells = (gradient.view(-1).numpy(), item_ids.view(-1).numpy(), starts)
        shares = csc_array(cells, shape=(len(tables.items), batch))
        return torch.from_numpy(shares @ tables.users.index_select(0, user_ids).numpy())
    order = sorting_order(item_ids.view(-1), len(tables.items))
    rows = order.div(item_ids.shape[1], rounding_mode="floor")
    return F.embedding_bag(
        user_ids.index_select(0, rows),
        tables.users,
        _starts(item_ids.view(-1), len(tables.items)),
        mode="sum",
        per_sample_weights=gradient.view(-1).index_select(0, order),
        include_last_offset=True,
    )


def _starts(ids: Tensor, size: int) -> Tensor:
    """(size + 1,) where each id begins once they are sorted, and the end."""
    starts = ids.new_zeros(size + 1)
    torch.cumsum(torch.bincount(ids, minlength=size), 0, out=starts[1:])
    return starts


def _sums(ids: Tensor, values: Tensor, size: int) -> Tensor:
    """(size,) what (n,) values add up to for each id."""
    return torch.bincount(ids, values, minlength=size).to(values.dtype)


def sorting_order(ids: Tensor, size: int) -> Tensor:
    """Positions that sort some ids; equal ones stay in order.

    Digit by digit in base 2^16, because numpy sorts the positions of 16-bit integers by counting:
    several times as fast as it or PyTorch sorts wider ones.

    Args:
        ids: (n,) int64 in [0, size), on a CPU.
        size: How many ids there can be.

    Returns:
        (n,) int64.
    """
    values = ids.numpy()
    order = values.astype(np.uint16).argsort(kind="stable")
    for shift in range(16, (size - 1).bit_length(), 16):
        digits = (values[order] >> shift).astype(np.uint16)
        order = order[digits.argsort(kind="stable")]
    return torch.from_numpy(order)


@cache
def _announce_sparse_rows() -> None:
    """Let PyTorch say once, to nobody, that sparse rows are a beta feature."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        torch.sparse_csr_tensor(torch.tensor([0, 0]), torch.tensor([], dtype=torch.int64), [])
