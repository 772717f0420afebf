"""SASRec: self-attention over the items that a user has had, in their order."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from typing_extensions import override

from rankdistill.backbones.context_vectors import ContextVectors
from rankdistill.backbones.embeddings import Embeddings
from rankdistill.backbones.history_windows import HistoryWindows
from rankdistill.backbones.interface import EmbeddingBackbone
from rankdistill.backbones.sequence_encoder import SequenceEncoder
from rankdistill.backbones.table_memory import refuse_too_large_tables
from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences
from rankdistill.kernels.row_products import row_products

_READ_AT_ONCE = 256
"""Whole histories that are encoded at once where no gradient is asked for."""


class SASRec(EmbeddingBackbone):
    """Score s(c, i) = <h_c, E_i>, with h_c made of the items that the context c reads, in order.

    Items have one table, for what is read and for what is scored. Users have no weight: whose
    history is told is ranked for. See SequenceEncoder for h_c, and HistoryWindows for what of a
    long history a context reads.

    Args:
        num_users: Number of users, for whom there is no weight.
        num_items: Size of the catalogue.
        embedding_dim: Length of h_c and E_i, a multiple of ``num_heads``.
        length: Items that are read at most.
        num_blocks: Blocks of attention and feed-forward network.
        num_heads: Parts of a vector that attend on their own.
        feed_forward_factor: Length of the hidden layers, in times of ``embedding_dim``.
        dropout: Share of numbers that a training batch drops, in [0, 1).
        init_std: Standard deviation of the normal start of items and positions.

    Reference:
        Kang and McAuley, "Self-Attentive Sequential Recommendation", ICDM 2018.
    """

    trains_on = "sequences"

    def __init__(
        self,
        num_users: int,
        num_items: int,
        embedding_dim: int,
        length: int,
        num_blocks: int,
        num_heads: int,
        feed_forward_factor: int,
        dropout: float,
        init_std: float,
    ):
        super().__init__()
        counts = {
            "embedding_dim": embedding_dim,
            "length": length,
            "num_blocks": num_blocks,
            "num_heads": num_heads,
            "feed_forward_factor": feed_forward_factor,
        }
        for name, count in counts.items():
            if count < 1:
                raise ValueError(f"{name} must be at least 1, got {count}.")
        if embedding_dim % num_heads:
            raise ValueError(
                f"embedding_dim must be a multiple of num_heads, got {embedding_dim} and "
                f"{num_heads}: type backbone.num_heads=1, or another size."
            )
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must lie in [0, 1), got {dropout}.")
        if not 0 < init_std < math.inf:
            raise ValueError(f"init_std must be positive, got {init_std}.")
        refuse_too_large_tables(num_items + length, embedding_dim)
        self.num_users = num_users
        self.length = length
        self.encoder = SequenceEncoder(
            num_items,
            embedding_dim,
            length,
            num_blocks,
            num_heads,
            feed_forward_factor,
            dropout,
            init_std,
        )
        self._sequences: Sequences | None = None
        self._generator: torch.Generator | None = None

    def remember_order(
        self, sequences: Sequences, generator: torch.Generator | None = None
    ) -> None:
        """Take every user's items in order, in the place of any that were taken before.

        Args:
            sequences: Of all users.
            generator: Source of what is dropped in training; None: never trained.
        """
        self._sequences = sequences
        self._generator = generator

    @override
    def read(self, contexts: Contexts) -> ContextVectors:
        if not self.training:
            return self._read(contexts, None)
        assert self._generator is not None, "who trains gives a generator with the sequences"
        return self._read(contexts, self._generator)

    @override
    def forward(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        return self._read(contexts, None).score_items(contexts, item_ids)

    @override
    def score_rows(self, contexts: Contexts) -> Tensor:
        return row_products(self._vectors_of(contexts), self._items)

    @override
    def embeddings(self) -> Embeddings:
        everyone = Contexts.of_all_users(self.num_users, self._items.device)
        return Embeddings(self._vectors_of(everyone), self._items)

    def _vectors_of(self, contexts: Contexts) -> Tensor:
        """Encode block by block: without a gradient memory is bounded by a block."""
        blocks = contexts.split(_READ_AT_ONCE)
        return torch.cat([self._read(block, None).users_of(block) for block in blocks])

    def _read(self, contexts: Contexts, generator: torch.Generator | None) -> ContextVectors:
        sequences = self._everyone
        windows = HistoryWindows(sequences.offsets, sequences.items, contexts, self.length)
        vectors = self.encoder(windows.items, windows.rows, generator)
        return ContextVectors(windows, vectors, self._items, lambda: self.embeddings().users)

    @property
    def _items(self) -> Tensor:
        return self.encoder.item_embedding.weight

    @property
    def _everyone(self) -> Sequences:
        if self._sequences is None:
            raise ValueError("SASRec reads what users have had: let it remember that first.")
        self._sequences = self._sequences.to(self._items.device)
        return self._sequences
