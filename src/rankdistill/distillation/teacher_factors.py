"""A start for the student: the best low-rank approximation of the teacher's scores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from rankdistill.distillation.interface import DistillationContext, ScoreRows
from rankdistill.histories.contexts import Contexts


class Factors(NamedTuple):
    """Starting values of a factorisation.

    Attributes:
        users: (num_users, embedding_dim).
        items: (num_items, embedding_dim).
        item_bias: (num_items,).
    """

    users: Tensor
    items: Tensor
    item_bias: Tensor


class TeacherFactors:
    """Start a small factorisation from the truncated SVD of the teacher's standardised rows.

    The rows, each with mean 0 and standard deviation 1, less their mean over users, are factored
    as users x items^T with the singular values shared evenly; the mean over users becomes the
    item bias. By randomised subspace iteration: memory is user_block x num_items scores, and
    ``2 num_iterations + 2`` passes over the teacher's scores are made.

    Args:
        scale: Factor on the start's scores, in standard deviations of the teacher's rows. A
            ranking loss wants scores of some spread: 4 where it is a softmax.
        num_iterations: Subspace iterations; more tell close singular values apart better.
        oversampling: Directions beyond embedding_dim that are followed and dropped at the end.

    Raises:
        ValueError: If a setting is out of range.

    Reference:
        Halko, Martinsson and Tropp, "Finding Structure with Randomness", SIAM Review 2011.
    """

    def __init__(self, scale: float, num_iterations: int, oversampling: int):
        if not scale > 0:
            raise ValueError(f"scale must be positive, got {scale}.")
        for name, value in (("num_iterations", num_iterations), ("oversampling", oversampling)):
            if value < 0:
                raise ValueError(f"{name} must not be negative, got {value}.")
        self.scale = scale
        self.num_iterations = num_iterations
        self.oversampling = oversampling

    @torch.no_grad()
    def __call__(self, context: DistillationContext, embedding_dim: int) -> Factors:
        """Factor the teacher of a context.

        Returns:
            Tables of ``embedding_dim`` columns, zero beyond the rank of the teacher's scores.
        """
        num_users, num_items = context.train.num_users, context.train.num_items
        device = context.train.item_ids.device
        rows = _StandardizedRows(context.teacher.score_rows, num_users, context.user_block, device)
        rank = min(embedding_dim, num_users, num_items)
        width = min(rank + self.oversampling, num_users, num_items)
        basis = torch.linalg.qr(context.draws.normal((num_items, width))).Q
        mean = rows.mean(num_items)
        for _ in range(self.num_iterations):
            product = torch.zeros(num_items, width, device=device)
            for _, block in rows.centred(mean):
                product.addmm_(block.t(), block @ basis)
            basis = torch.linalg.qr(product).Q
        projected = torch.empty(num_users, width, device=device)
        for user_ids, block in rows.centred(mean):
            projected[user_ids] = block @ basis
        left, values, right = torch.linalg.svd(projected, full_matrices=False)
        root = (self.scale * values[:rank]).sqrt()
        items = basis @ right.t()
        pad = (0, embedding_dim - rank)
        return Factors(
            torch.nn.functional.pad(left[:, :rank] * root, pad),
            torch.nn.functional.pad(items[:, :rank] * root, pad),
            self.scale * mean,
        )


class _StandardizedRows:
    """Passes over a teacher's rows, standardised, in blocks of users."""

    def __init__(
        self, score_rows: ScoreRows, num_users: int, user_block: int, device: torch.device
    ):
        self.score_rows = score_rows
        self.blocks = torch.arange(num_users, device=device).split(user_block)
        self.num_users = num_users

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for user_ids in self.blocks:
            scores = self.score_rows(Contexts(user_ids))
            scores = scores - scores.mean(1, keepdim=True)
            tiny = torch.finfo(scores.dtype).tiny
            yield user_ids, scores / scores.square().mean(1, keepdim=True).sqrt().clamp_min(tiny)

    def mean(self, num_items: int) -> Tensor:
        """(num_items,) mean over users."""
        total = torch.zeros(num_items, device=self.blocks[0].device)
        for _, block in self:
            total += block.sum(0)
        return total / self.num_users

    def centred(self, mean: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Blocks of user ids and of rows less the mean over users."""
        for user_ids, block in self:
            yield user_ids, block - mean
