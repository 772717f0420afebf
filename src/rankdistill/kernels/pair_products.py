"""Inner products of some pairs of rows of two tables, on a CPU."""

from __future__ import annotations

import warnings
from functools import cache

import torch
from torch import Tensor

_WIDE = 64  # dimensions, from which on a sparse product beats a batched one over gathered rows
_NARROW, _MANY = 8, 180_000  # and from so many on where so many numbers would be gathered


def pair_products(rows: Tensor, items: Tensor, item_ids: Tensor) -> Tensor:
    """Multiply each row with some items, like ``(items[item_ids] * rows[:, None]).sum(2)``.

    Long gathered rows would have to pass through memory. There the products are one sparse product
    that is computed at the pairs alone.

    Args:
        rows: (batch, dim) float32 or float64, on a CPU.
        items: (num_items, dim).
        item_ids: (batch, n) int64 in [0, num_items), contiguous.

    Returns:
        (batch, n).
    """
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


@cache
def _announce_sparse_rows() -> None:
    """Take PyTorch's warning that sparse rows are in beta, which it gives once, out of the way."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        torch.sparse_csr_tensor(torch.tensor([0, 0]), torch.tensor([], dtype=torch.int64), [])
