"""SASRec: self-attention over the items that a user has had, in their order."""

from __future__ import annotations

import math

from torch import Tensor
from typing_extensions import override

from rankdistill.backbones.packed_rows import RaggedRows
from rankdistill.backbones.sequence_backbone import SequenceBackbone
from rankdistill.backbones.sequence_encoder import SequenceEncoder
from rankdistill.backbones.table_memory import refuse_too_large_tables
from rankdistill.draws.draws import Draws


class SASRec(SequenceBackbone):
    """Score s(c, i) = <h_c, E_i>, with h_c made of the items that the context c reads, in order.

    Items have one table, for what is read and for what is scored. See SequenceEncoder for h_c.

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
        super().__init__(num_users, length)
        counts = {
            "embedding_dim": embedding_dim,
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

    @property
    @override
    def item_table(self) -> Tensor:
        return self.encoder.item_embedding.weight

    @override
    def encode(self, items: Tensor, rows: RaggedRows, draws: Draws | None) -> Tensor:
        return self.encoder(items, rows, draws)
