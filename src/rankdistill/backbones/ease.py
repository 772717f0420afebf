"""EASE: a linear item-item model with a closed form, as a teacher."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from typing_extensions import override

from rankdistill.backbones.histories import Histories
from rankdistill.backbones.interface import Backbone, Served
from rankdistill.backbones.observed_pairs import ObservedPairs
from rankdistill.backbones.prefixes import Prefixes
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.bags import bag_sums

_BYTES_PER_CELL = 2 * 4 + 4 * 8
"""B and the Gram matrix in float32; the matrix, its factor, its inverse and B in float64."""


def solve_ease(gram: Tensor, l2: float) -> Tensor:
    """The item-item weights of the ridge regression of each item on all others.

    Args:
        gram: (num_items, num_items) float64, X^T X of the (num_users, num_items) indicators X.
        l2: Ridge added to the diagonal, in interactions; positive.

    Returns:
        (num_items, num_items) float64 B = I - P diag(1 / diag(P)) with P = (X^T X + l2 I)^-1; the
        diagonal is zero.

    Reference:
        Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019.
    """
    ridge = gram + l2 * torch.eye(len(gram), dtype=gram.dtype, device=gram.device)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(ridge))
    weights = inverse / -inverse.diagonal()
    return weights.fill_diagonal_(0.0)


def refuse_too_large(num_items: int, memory_gib: float, instead: str) -> None:
    """Raise a ValueError if solving takes more memory than it may.

    Args:
        num_items: Size of the catalogue.
        memory_gib: What it may take at its peak, in GiB.
        instead: What to choose in the place of EASE.
    """
    needed = _BYTES_PER_CELL * num_items**2 / 2**30
    if needed > memory_gib:
        raise ValueError(
            f"EASE needs about {needed:.1f} GiB to solve for {num_items} x {num_items} weights, "
            f"more than memory_gib={memory_gib:g}: choose {instead}, a smaller catalogue, or raise "
            "memory_gib."
        )


class Ease(Backbone):
    """Score s(u, i) = sum over the user's training items j of B[j, i].

    It has no embeddings and takes no gradient: B is solved when the training pairs are observed,
    in O(num_items^3) time and O(num_items^2) memory.

    Args:
        num_users: Number of users.
        num_items: Size of the catalogue.
        l2: Ridge, in interactions; the larger, the more popular the items that B relies on.
        memory_gib: What solving for B may take at its peak, in GiB; a larger catalogue is refused.
    """

    def __init__(self, num_users: int, num_items: int, l2: float, memory_gib: float):
        super().__init__()
        refuse_too_large(num_items, memory_gib, "another teacher (such as teacher=softmax_d200)")
        if not l2 > 0:
            raise ValueError(f"l2 must be positive, got {l2}.")
        self.l2 = l2
        self.pairs = ObservedPairs(num_users)
        self._prefixes: Prefixes | None = None
        self.item_weights = nn.Parameter(torch.zeros(num_items, num_items), requires_grad=False)

    @torch.no_grad()
    def observe(self, user_ids: Tensor, item_ids: Tensor) -> None:
        """Solve for B with (num_interactions,) training pairs that are sorted by user."""
        self.pairs.set(user_ids, item_ids)
        num_items = len(self.item_weights)
        gram = torch.zeros(num_items, num_items, device=item_ids.device)
        users = torch.arange(self.pairs.num_users, device=item_ids.device)
        for block in users.split(4096):
            indicators = self.pairs.indicators(block, num_items)
            gram.addmm_(indicators.t(), indicators)
        self.item_weights.copy_(solve_ease(gram.double(), self.l2))

    def remember_prefixes(self, prefixes: Prefixes) -> None:
        """Take what tells a part of a history."""
        self._prefixes = prefixes

    @override
    def served(self) -> Served:
        return Served("item_item", {"item_weights": "item_weights"})

    @override
    def forward(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        return self.score_rows(contexts).gather(1, item_ids)

    @override
    def score_rows(self, contexts: Contexts) -> Tensor:
        if contexts.ends is not None:
            assert self._prefixes is not None, "who ranks from places in histories tells them"
            return self.score_histories(self._prefixes.of(contexts))
        return self.pairs.indicators(contexts.user_ids, len(self.item_weights)) @ self.item_weights

    @override
    def score_histories(self, histories: Histories) -> Tensor:
        ones = torch.ones(len(histories.items), device=histories.items.device)
        return bag_sums(self.item_weights, histories.items, histories.offsets, ones)
