"""Matrix factorisation with user and item bias: the bilinear model."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from typing_extensions import override

from rankdistill.backbones.embeddings import Embeddings
from rankdistill.backbones.interface import EmbeddingBackbone, Served
from rankdistill.backbones.table_memory import refuse_too_large_tables


class MatrixFactorization(EmbeddingBackbone):
    """Score s(u, i) = <p_u, q_i> + b_u + b_i.

    Args:
        num_users: Number of users.
        num_items: Size of the catalogue.
        embedding_dim: Length of p_u and q_i.
        init_std: Standard deviation of the normal start of both embeddings; biases start at zero.
    """

    ranks_nothing = ("user_bias",)

    def __init__(self, num_users: int, num_items: int, embedding_dim: int, init_std: float):
        super().__init__()
        if embedding_dim < 1:
            raise ValueError(f"embedding_dim must be at least 1, got {embedding_dim}.")
        if not 0 < init_std < math.inf:
            raise ValueError(f"init_std must be positive, got {init_std}.")
        refuse_too_large_tables(num_users + num_items, embedding_dim)
        self.user_embedding = nn.Embedding(num_users, embedding_dim)
        self.item_embedding = nn.Embedding(num_items, embedding_dim)
        self.user_bias = nn.Parameter(torch.zeros(num_users))
        self.item_bias = nn.Parameter(torch.zeros(num_items))
        nn.init.normal_(self.user_embedding.weight, std=init_std)
        nn.init.normal_(self.item_embedding.weight, std=init_std)

    @override
    def embeddings(self) -> Embeddings:
        return Embeddings(
            self.user_embedding.weight, self.item_embedding.weight, self.user_bias, self.item_bias
        )

    @override
    def served(self) -> Served:
        tables = {
            "users": "user_embedding.weight",
            "items": "item_embedding.weight",
            "user_bias": "user_bias",
            "item_bias": "item_bias",
        }
        how = self.fold_in
        settings = {} if how is None else {f"fold_in_{how.loss}": how.l2}
        return Served("factors", tables, settings)

    @torch.no_grad()
    def start_from(self, users: Tensor, items: Tensor, item_bias: Tensor) -> None:
        """Overwrite the embeddings and the item biases; user biases stay."""
        self.user_embedding.weight.copy_(users)
        self.item_embedding.weight.copy_(items)
        self.item_bias.copy_(item_bias)
