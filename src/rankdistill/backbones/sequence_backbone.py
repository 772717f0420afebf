"""What networks share that read a user's items in order, all places of a history at once."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor
from typing_extensions import override

from rankdistill.backbones.context_vectors import ContextVectors
from rankdistill.backbones.embeddings import Embeddings
from rankdistill.backbones.history_windows import HistoryWindows
from rankdistill.backbones.interface import EmbeddingBackbone
from rankdistill.backbones.packed_rows import RaggedRows
from rankdistill.draws.draws import Draws
from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences
from rankdistill.kernels.row_products import row_products

_READ_AT_ONCE = 256
"""Whole histories that are encoded at once where no gradient is asked for."""


class SequenceBackbone(EmbeddingBackbone):
    """Score s(c, i) = <h_c, E_i>, with h_c made of the items that the context c reads, in order.

    Users have no weight: whose history is told is ranked for. A checkpoint holds no history.
    ``remember_order`` gives them, in training and after loading. See HistoryWindows for what of a
    long history a context reads.

    Args:
        num_users: Number of users.
        length: Items that are read at most.
    """

    trains_on = "sequences"

    def __init__(self, num_users: int, length: int):
        super().__init__()
        if length < 1:
            raise ValueError(f"length must be at least 1, got {length}.")
        self.num_users = num_users
        self.length = length
        self._sequences: Sequences | None = None
        self._draws: Draws | None = None

    @property
    @abstractmethod
    def item_table(self) -> Tensor:
        """(num_items, dim) rows E: what items are scored by."""

    @abstractmethod
    def encode(self, items: Tensor, rows: RaggedRows, draws: Draws | None) -> Tensor:
        """Make a vector of each item and what stands before it in its sequence, and of no more.

        Args:
            items: (num_entries,) int64, at least one.
            rows: The sequences that they stand in, none longer than ``length``.
            draws: Source of what is dropped in training; None: nothing is.

        Returns:
            (num_entries, dim).
        """

    def remember_order(self, sequences: Sequences, draws: Draws | None = None) -> None:
        """Take every user's items in order, in the place of any that were taken before.

        Args:
            sequences: Of all users.
            draws: Source of what is dropped in training; None: never trained.
        """
        self._sequences = sequences
        self._draws = draws

    @override
    def read(self, contexts: Contexts) -> ContextVectors:
        if not self.training:
            return self._read(contexts, None)
        assert self._draws is not None, "who trains gives draws with the sequences"
        return self._read(contexts, self._draws)

    @override
    def forward(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        return self._read(contexts, None).score_items(contexts, item_ids)

    @override
    def score_rows(self, contexts: Contexts) -> Tensor:
        return row_products(self._vectors_of(contexts), self.item_table)

    @override
    def embeddings(self) -> Embeddings:
        everyone = Contexts.of_all_users(self.num_users, self.item_table.device)
        return Embeddings(self._vectors_of(everyone), self.item_table)

    def _vectors_of(self, contexts: Contexts) -> Tensor:
        """Encode block by block: without a gradient memory is bounded by a block."""
        blocks = contexts.split(_READ_AT_ONCE)
        return torch.cat([self._read(block, None).users_of(block) for block in blocks])

    def _read(self, contexts: Contexts, draws: Draws | None) -> ContextVectors:
        known, table = self._everyone, self.item_table
        windows = HistoryWindows(known.offsets, known.items, contexts, self.length)
        if len(windows.items):
            vectors = self.encode(windows.items, windows.rows, draws)
        else:
            vectors = table.new_zeros(0, table.shape[1])
        return ContextVectors(windows, vectors, table, lambda: self.embeddings().users)

    @property
    def _everyone(self) -> Sequences:
        if self._sequences is None:
            name = type(self).__name__
            raise ValueError(f"{name} reads what users have had: let it remember that first.")
        self._sequences = self._sequences.to(self.item_table.device)
        return self._sequences
