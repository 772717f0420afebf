"""Scores of contexts whose vectors a network makes, each once in a batch."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor
from typing_extensions import override

from rankdistill.backbones.vector_scores import VectorScores
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.gathering import gather_rows
from rankdistill.kernels.pair_scores import pair_scores


class ContextScores(VectorScores):
    """Scores by vectors of what contexts read; see VectorScores.

    The vector of a context that occurs several times in a batch is made once.

    Args:
        contexts: Those of a batch; repeats are allowed.
        numbers_of: Contexts to (n,) int64, equal where contexts are.
        encode: Contexts to (n, dim) vectors; it is called once, with distinct contexts.
        everyone: Makes the (num_users, dim) vectors of all users, where somebody asks.
        items: (num_items, dim) rows q.
        item_bias: (num_items,) b.
    """

    def __init__(
        self,
        contexts: Contexts,
        numbers_of: Callable[[Contexts], Tensor],
        encode: Callable[[Contexts], Tensor],
        everyone: Callable[[], Tensor],
        items: Tensor,
        item_bias: Tensor,
    ):
        super().__init__(items, item_bias)
        self._numbers_of = numbers_of
        self._everyone = everyone
        self._numbers, places = numbers_of(contexts).unique(return_inverse=True)
        rows = torch.arange(len(places), device=places.device)
        distinct = rows.new_zeros(len(self._numbers)).scatter_(0, places, rows)
        self.vectors = encode(contexts[distinct])

    @override
    def users_of(self, contexts: Contexts) -> Tensor:
        return gather_rows(self.vectors, self._rows_of(contexts))

    @override
    def score_items(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        rows = self._rows_of(contexts)
        return pair_scores(rows, item_ids, self.vectors, self._items, item_bias=self._item_bias)

    @override
    def everyone(self) -> Tensor:
        return self._vectors_of_everyone

    @cached_property
    def _vectors_of_everyone(self) -> Tensor:
        return self._everyone()

    def _rows_of(self, contexts: Contexts) -> Tensor:
        return torch.searchsorted(self._numbers, self._numbers_of(contexts))
