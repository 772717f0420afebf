"""Find the ranks of a full ranking that hold a held-out item; ties count against the model."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import pad

from rankdistill.kernels.tied_hits import ranked_after_equals


@torch.no_grad()
def rank_hits(
    scores: Tensor,
    held_out_rows: Tensor,
    held_out_items: Tensor,
    top_k: int,
    are_sound: bool = False,
) -> Tensor:
    """Rank the catalogue for a block of users and mark the ranks that hold a held-out item.

    Among equal scores every item that is not held out comes first, also where equal scores reach
    past rank ``top_k``. So a constant scorer earns nothing, and the order in which ``torch.topk``
    returns ties does not matter.

    It costs one ``torch.topk``. Only users with equal scores on both sides of rank ``top_k`` and a
    held-out item among them are ranked again.

    Args:
        scores: (block, num_items) floating point of any precision; items that may not be
            ranked (seen ones) at -inf.
        held_out_rows: (n,) int64 in [0, block), the row of each held-out item.
        held_out_items: (n,) int64 in [0, num_items); the pairs (row, item) are unique and
            sorted by row, then by item.
        top_k: Number of ranks to mark; may exceed the number of items.
        are_sound: Whether the caller knows of scores and pairs that they are as told here. They
            are not looked at then, so that the program does not wait for a GPU. Scores that are
            not finite nevertheless lead to hits that mean nothing.

    Returns:
        (block, top_k) bool, best rank first; False at ranks that have no item.

    Raises:
        ValueError: If shapes do not fit, or pairs are out of range, repeated or not sorted.
        FloatingPointError: If a score is NaN or +inf, or a held-out item's score is -inf.
    """
    _refuse_misfits(scores, held_out_rows, held_out_items, top_k)
    block, num_items = scores.shape
    # One rank more than asked for shows whether equal scores reach past rank top_k.
    values, ranked = torch.topk(scores, min(top_k + 1, num_items), dim=1)
    row_starts = torch.arange(block, device=scores.device)[:, None] * num_items
    keys = held_out_rows * num_items + held_out_items
    held_out_scores = scores[
        held_out_rows.clamp(0, block - 1), held_out_items.clamp(0, num_items - 1)
    ]
    if not are_sound:
        # NaN ranks above everything in torch.topk, so the first rank tells for the whole row.
        problems = torch.stack(
            [
                ((held_out_rows < 0) | (held_out_rows >= block)).any(),
                ((held_out_items < 0) | (held_out_items >= num_items)).any(),
                (keys[1:] <= keys[:-1]).any(),
                ~(values[:, 0] < math.inf).all(),
                (held_out_scores == -math.inf).any(),
            ]
        ).tolist()
        if any(problems):
            _explain(problems, scores, values, held_out_scores)
    hits = _contains(keys, row_starts + ranked)
    hits = ranked_after_equals(hits, values, scores, held_out_rows, held_out_scores)[:, :top_k]
    return pad(hits, (0, top_k - hits.shape[1]))


def _contains(sorted_keys: Tensor, queries: Tensor) -> Tensor:
    """Say of each query whether it is one of the ascending keys: bool, in the queries' shape."""
    if len(sorted_keys) == 0:
        return torch.zeros_like(queries, dtype=torch.bool)
    places = torch.searchsorted(sorted_keys, queries).clamp_(max=len(sorted_keys) - 1)
    return sorted_keys[places] == queries


def _refuse_misfits(scores: Tensor, rows: Tensor, items: Tensor, top_k: int) -> None:
    if scores.dim() != 2 or scores.numel() == 0 or not scores.is_floating_point():
        raise ValueError(
            "scores must be (block, num_items) floating point with at least one user and item, "
            f"got {tuple(scores.shape)} {scores.dtype}."
        )
    if rows.dim() != 1 or rows.shape != items.shape:
        raise ValueError(
            f"held_out_rows {tuple(rows.shape)} and held_out_items {tuple(items.shape)} "
            "must be vectors of one length."
        )
    if rows.dtype != torch.int64 or items.dtype != torch.int64:
        raise ValueError(
            f"held_out_rows and held_out_items must be int64, got {rows.dtype} and {items.dtype}."
        )
    if top_k < 1:
        raise ValueError(f"top_k must be at least 1, got {top_k}.")


def _explain(problems: list[bool], scores: Tensor, values: Tensor, held_out_scores: Tensor) -> None:
    """Raise an error that explains the first problem."""
    rows_out_of_range, items_out_of_range, unsorted, not_finite, _ = problems
    if rows_out_of_range:
        raise ValueError(f"held_out_rows must lie in [0, {scores.shape[0]}), the block's rows.")
    if items_out_of_range:
        raise ValueError(f"held_out_items must lie in [0, {scores.shape[1]}), the catalogue.")
    if unsorted:
        raise ValueError("Held-out pairs must be unique and sorted by row, then by item.")
    if not_finite:
        users = int((~(values[:, 0] < math.inf)).sum())
        raise FloatingPointError(
            f"The scores of {users} of {len(scores)} users hold NaN or +inf. "
            "The model has diverged: try a lower learning rate or more regularisation."
        )
    raise FloatingPointError(
        f"{int((held_out_scores == -math.inf).sum())} held-out items have the score -inf: either "
        "the model has diverged, or held-out items are masked as seen."
    )
