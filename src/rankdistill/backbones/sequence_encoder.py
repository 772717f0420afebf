"""Self-attention over sequences of items: a vector for what stands at and before each item."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from rankdistill.backbones.attention_block import AttentionBlock
from rankdistill.backbones.packed_rows import RaggedRows
from rankdistill.draws.draws import Draws
from rankdistill.kernels.dropout import dropout
from rankdistill.kernels.gathering import gather_rows


class SequenceEncoder(nn.Module):
    """Turns every item of a sequence into a vector of what stands there and before it.

    x_t = sqrt(d) * E[item_t] + P[t]; then the blocks, and a last norm.

    Args:
        num_items: Size of the catalogue.
        embedding_dim: d, the length of a vector.
        length: Items in the longest sequence.
        num_blocks: Blocks of attention and feed-forward network.
        num_heads: Parts of a vector that attend on their own.
        feed_forward_factor: Length of the hidden layers, in times of d.
        dropout: Share of numbers that are dropped in training.
        init_std: Standard deviation of the normal start of items and positions.
    """

    def __init__(
        self,
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
        self.dropout = dropout
        self.item_embedding = nn.Embedding(num_items, embedding_dim)
        self.position_embedding = nn.Embedding(length, embedding_dim)
        self.blocks = nn.ModuleList(
            AttentionBlock(embedding_dim, num_heads, feed_forward_factor, dropout)
            for _ in range(num_blocks)
        )
        self.last_norm = nn.LayerNorm(embedding_dim)
        nn.init.normal_(self.item_embedding.weight, std=init_std)
        nn.init.normal_(self.position_embedding.weight, std=init_std)

    def forward(self, items: Tensor, rows: RaggedRows, draws: Draws | None = None) -> Tensor:
        """Encode packed sequences.

        Args:
            items: (num_entries,) int64.
            rows: The sequences that they stand in, none longer than ``length``.
            draws: Source of what is dropped; None: nothing is.

        Returns:
            (num_entries, embedding_dim).
        """
        scale = math.sqrt(self.item_embedding.embedding_dim)
        places = gather_rows(self.position_embedding.weight, rows.positions)
        entries = torch.add(places, gather_rows(self.item_embedding.weight, items), alpha=scale)
        if draws is not None:
            entries = dropout(entries, self.dropout, draws)
        for block in self.blocks:
            entries = block(entries, rows, draws)
        return self.last_norm(entries)
