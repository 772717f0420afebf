"""Inner products of some pairs of rows of two tables, without a copy of the rows on a CPU."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

_WIDE = 16  # from so many dimensions on a sparse product beats a batched one over gathered rows
_FEW, _NARROW = 1024, 8  # to sort up to so many pairs, or rows narrower, costs more than to copy


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


def pair_scores(tables: PairTables, user_ids: Tensor, item_ids: Tensor) -> Tensor:
    """Score some items per user on a CPU, with a gradient that costs as little as the scores.

    Gathered rows, their product and its gradient would each be a (batch, n, dim) tensor that the
    memory has to take in. Here the scores are a product sampled at the pairs, a user's gradient is
    a weighted bag of its items, and an item's is one of its users: the rows of a gradient are
    added in the same order however many threads there are.

    Args:
        tables: Embeddings and biases.
        user_ids: (batch,) int64.
        item_ids: (batch, n) int64.

    Returns:
        (batch, n) raw scores.

    Raises:
        IndexError: If an id is out of range.
    """
    sizes = (("user", user_ids, len(tables.users)), ("item", item_ids, len(tables.items)))
    for name, ids, size in sizes:
        if ids.numel():
            least, most = (int(bound) for bound in ids.aminmax())
            if least < 0 or most >= size:
                raise IndexError(f"{name} ids must lie in [0, {size}), got {least} to {most}.")
    scores = _PairScores.apply(user_ids, item_ids.contiguous(), *tables)
    assert isinstance(scores, Tensor)
    return scores


class _PairScores(torch.autograd.Function):
    """Sampled product forward, two bags of embeddings backward; under autocast as without."""

    @staticmethod
    def forward(ctx: Any, user_ids: Tensor, item_ids: Tensor, *tables: Tensor | None) -> Tensor:
        ctx.save_for_backward(user_ids, item_ids, *tables)
        users, items, user_bias, item_bias = PairTables(*tables)  # pyright: ignore[reportArgumentType]
        with torch.autocast("cpu", enabled=False):
            scores = _products(users, items, user_ids, item_ids)
        if item_bias is not None:
            scores += item_bias.index_select(0, item_ids.view(-1)).view_as(scores)
        if user_bias is not None:
            scores += user_bias.index_select(0, user_ids)[:, None]
        return scores

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]: the decorator hides names
        ctx: Any, *gradients: Tensor
    ) -> tuple[Tensor | None, ...]:
        gradient = gradients[0].contiguous()
        user_ids, item_ids, *saved = ctx.saved_tensors
        # Bags of what needs no gradient are spared the notes for their own backward pass.
        tables = PairTables(*(None if table is None else table.detach() for table in saved))  # pyright: ignore[reportArgumentType]
        found = (
            lambda: _user_gradient(tables, user_ids, item_ids, gradient),
            lambda: _item_gradient(tables, user_ids, item_ids, gradient),
            lambda: _sums(user_ids, gradient.sum(1), len(tables.users)),
            lambda: _sums(item_ids.view(-1), gradient.view(-1), len(tables.items)),
        )
        wanted = zip(ctx.needs_input_grad[2:], found, strict=True)
        return None, None, *(gradient_of() if needed else None for needed, gradient_of in wanted)


def _products(users: Tensor, items: Tensor, user_ids: Tensor, item_ids: Tensor) -> Tensor:
    batch, num_each = item_ids.shape
    rows = users.index_select(0, user_ids)
    if users.shape[1] < _WIDE or item_ids.numel() == 0:
        columns = items.index_select(0, item_ids.view(-1)).view(batch, num_each, users.shape[1])
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
    """Each row of the batch is a bag of its items; rows of one user are added."""
    rows = F.embedding_bag(item_ids, tables.items, mode="sum", per_sample_weights=gradient)
    return torch.zeros_like(tables.users).index_add_(0, user_ids, rows)


def _item_gradient(
    tables: PairTables, user_ids: Tensor, item_ids: Tensor, gradient: Tensor
) -> Tensor:
    """Each item is a bag of the users of its pairs, which are sorted by item for that.

    Where that is little to add, each pair's share is added as it comes.
    """
    if item_ids.numel() <= _FEW or tables.users.shape[1] < _NARROW:
        users = tables.users.index_select(0, user_ids)
        shares = (gradient.unsqueeze(2) * users.unsqueeze(1)).view(-1, users.shape[1])
        return torch.zeros_like(tables.items).index_add_(0, item_ids.view(-1), shares)
    rows, positions = sorted_by_item(item_ids)
    offsets = item_ids.new_zeros(len(tables.items) + 1)
    torch.cumsum(torch.bincount(item_ids.view(-1), minlength=len(tables.items)), 0, out=offsets[1:])
    return F.embedding_bag(
        user_ids.index_select(0, rows),
        tables.users,
        offsets,
        mode="sum",
        per_sample_weights=gradient.view(-1).index_select(0, positions),
        include_last_offset=True,
    )


def _sums(ids: Tensor, values: Tensor, size: int) -> Tensor:
    """(size,) what (n,) values add up to for each id."""
    return torch.bincount(ids, values, minlength=size).to(values.dtype)


def sorted_by_item(item_ids: Tensor) -> tuple[Tensor, Tensor]:
    """Sort the pairs of a batch by item; those of one item stay in order.

    Item, row and column share one integer, because numpy sorts integers ten times faster than it
    or PyTorch sorts positions.

    Args:
        item_ids: (batch, n) int64 on a CPU.

    Returns:
        (batch * n,) int64 row of each pair, and (batch * n,) its position in the flattened ids.
    """
    batch, num_each = item_ids.shape
    column_bits = (num_each - 1).bit_length()
    pair_bits = column_bits + (batch - 1).bit_length()
    pairs = (torch.arange(batch)[:, None] << column_bits) + torch.arange(num_each)
    keys = (item_ids << pair_bits) + pairs
    found = torch.from_numpy(np.sort(keys.view(-1).numpy())) & ((1 << pair_bits) - 1)
    rows = found >> column_bits
    return rows, rows * num_each + (found & ((1 << column_bits) - 1))


@cache
def _announce_sparse_rows() -> None:
    """Let PyTorch say once, to nobody, that sparse rows are a beta feature."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        torch.sparse_csr_tensor(torch.tensor([0, 0]), torch.tensor([], dtype=torch.int64), [])
