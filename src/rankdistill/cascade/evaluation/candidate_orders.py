"""Orders of each request's candidates by one score and then by others."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def order_of(candidates: Tensor, *keys: Tensor) -> Tensor:
    """Sort each request's candidates by the first key, equal ones by the second, and so on.

    Args:
        candidates: (requests, candidates) bool; what is not a candidate comes last.
        keys: (requests, candidates) each, the most important first; high values come first.

    Returns:
        (requests, candidates) int64 positions, best first.
    """
    first, *others = keys
    scores, order = torch.where(candidates, first, -torch.inf).sort(
        dim=1, descending=True, stable=True
    )
    # Equal scores are rare: the other keys are sorted by where there are some.
    has_ties = ((scores[:, 1:] == scores[:, :-1]) & (scores[:, 1:] > -torch.inf)).any(1)
    if others and bool(has_ties.any()):
        of_ties = (key[has_ties] for key in (candidates, *keys))
        order[has_ties] = _order_by_every_key(*of_ties)
    return order


def _order_by_every_key(candidates: Tensor, *keys: Tensor) -> Tensor:
    first, *others = keys
    order = torch.arange(candidates.shape[1], device=candidates.device).expand(candidates.shape)
    for key in (*reversed(others), torch.where(candidates, first, -torch.inf)):
        order = order.gather(1, key.gather(1, order).argsort(dim=1, descending=True, stable=True))
    return order


def ranks_of(order: Tensor) -> Tensor:
    """(requests, candidates) int64 rank of each position, 0 for the first of the order."""
    ranks = torch.arange(order.shape[1], device=order.device).expand(order.shape)
    return torch.empty_like(order).scatter(1, order, ranks)


def cut_offs(name: str, values: Sequence[int], like: Tensor) -> Tensor:
    """Cut-offs as an int64 vector beside a tensor; a ValueError unless all are at least 1."""
    if not values or min(values) < 1:
        raise ValueError(f"{name} must hold cut-offs of at least 1, got {list(values)}.")
    return torch.tensor(values, dtype=torch.int64, device=like.device)


def refuse_misfits(
    candidates: Tensor, scores: dict[str, Tensor], relevant: Tensor | None = None
) -> None:
    """Check a block of requests.

    Args:
        candidates: Should be (requests, candidates) bool.
        scores: By what messages call them; should be of that shape, floating point, and finite on
            candidates.
        relevant: Should be of that shape, bool, and true on candidates only.

    Raises:
        ValueError: If a shape or a type is another, or something is relevant and no candidate.
        FloatingPointError: If a candidate's score is NaN or infinite.
    """
    if candidates.dim() != 2 or candidates.dtype != torch.bool:
        raise ValueError(
            "candidates must be (requests, candidates) bool, "
            f"got {tuple(candidates.shape)} {candidates.dtype}."
        )
    for name, tensor in scores.items():
        if tensor.shape != candidates.shape or not tensor.is_floating_point():
            raise ValueError(
                f"{name} must be {tuple(candidates.shape)} floating point, as candidates are, "
                f"got {tuple(tensor.shape)} {tensor.dtype}."
            )
        if broken := int((candidates & ~tensor.isfinite()).any(1).sum()):
            raise FloatingPointError(
                f"{name} hold NaN or an infinite value for candidates of {broken} of "
                f"{len(tensor)} requests. Has the ranker diverged?"
            )
    if relevant is None:
        return
    if relevant.shape != candidates.shape or relevant.dtype != torch.bool:
        raise ValueError(
            f"relevant must be {tuple(candidates.shape)} bool, as candidates are, "
            f"got {tuple(relevant.shape)} {relevant.dtype}."
        )
    if strangers := int((relevant & ~candidates).sum()):
        raise ValueError(f"{strangers} relevant items are not among their request's candidates.")
