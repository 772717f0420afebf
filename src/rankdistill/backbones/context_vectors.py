"""Scores of contexts whose vectors an encoder made, item by item of their histories."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from typing_extensions import override

from rankdistill.backbones.history_windows import HistoryWindows
from rankdistill.backbones.vector_scores import VectorScores
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.gathering import gather_rows


class ContextVectors(VectorScores):
    """s(c, i) = <h_c, E_i>, with h_c the vector of the last item that the context c reads.

    A context without items has a vector of zeros, which ranks nothing.

    Args:
        windows: What is read.
        vectors: (num_entries, dim), of the windows' packed entries.
        items: (num_items, dim) rows E.
        everyone: Makes the (num_users, dim) vectors of all whole histories.
    """

    def __init__(
        self,
        windows: HistoryWindows,
        vectors: Tensor,
        items: Tensor,
        everyone: Callable[[], Tensor],
    ):
        super().__init__(items)
        self._windows = windows
        self._vectors = vectors
        self._everyone = everyone

    @override
    def users_of(self, contexts: Contexts) -> Tensor:
        entries = self._windows.entries_of(contexts)
        if len(self._vectors) == 0:
            return self._vectors.new_zeros(len(entries), self._items.shape[1])
        vectors = gather_rows(self._vectors, entries.clamp_min(0))
        return vectors * (entries >= 0).unsqueeze(1)

    @override
    def everyone(self) -> Tensor:
        return self._everyone()
