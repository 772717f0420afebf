"""Caser: convolutions over the last items of a user, beside an embedding of the user."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from typing_extensions import override

from rankdistill.backbones.last_items import NOTHING
from rankdistill.backbones.table_memory import refuse_too_large_tables
from rankdistill.backbones.window_backbone import WindowBackbone
from rankdistill.backbones.window_convolutions import ACTIVATIONS, WindowConvolutions
from rankdistill.draws.draws import Draws
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.dropout import dropout
from rankdistill.kernels.gathering import gather_rows


class Caser(WindowBackbone):
    """Score s(c, i) = <[z, p_u], q_i> + b_i, with z made of the last L items that c reads.

    The items' embeddings make a window E, an (L, d) table. Vertical and horizontal filters read it,
    see WindowConvolutions; some of what they give is dropped in training; a fully connected layer
    makes z of it. A window that reaches before the first item has zeros there.

    An item has two embeddings: one of length d in windows, and q_i of length 2 d to be scored.

    Args:
        num_users: Number of users.
        num_items: Size of the catalogue.
        embedding_dim: d, the length of z, of p_u and of an item in a window.
        length: L, items in a window.
        targets: T, how many of the next items a window foretells in training.
        vertical_filters: n_v, filters that weigh the places of a window.
        horizontal_filters: n_h, filters of each height from 1 to L.
        convolution_activation: Of the horizontal filters, one of ACTIVATIONS.
        dense_activation: Of the fully connected layer, likewise.
        dropout: Share of the filters' values that a training batch drops, in [0, 1).
        init_std: Standard deviation of the normal start of all embeddings; biases start at zero,
            filters and the fully connected layer as PyTorch's do.

    Reference:
        Tang and Wang, "Personalized Top-N Sequential Recommendation via Convolutional Sequence
        Embedding", WSDM 2018.
    """

    def __init__(
        self,
        num_users: int,
        num_items: int,
        embedding_dim: int,
        length: int,
        targets: int,
        vertical_filters: int,
        horizontal_filters: int,
        convolution_activation: str,
        dense_activation: str,
        dropout: float,
        init_std: float,
    ):
        super().__init__(num_users, length, targets)
        for name, value in (
            ("embedding_dim", embedding_dim),
            ("vertical_filters", vertical_filters),
            ("horizontal_filters", horizontal_filters),
        ):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}.")
        for name, value in (
            ("convolution_activation", convolution_activation),
            ("dense_activation", dense_activation),
        ):
            if value not in ACTIVATIONS:
                raise ValueError(f"{name} must be one of {', '.join(ACTIVATIONS)}, got {value!r}.")
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must lie in [0, 1), got {dropout}.")
        if not 0 < init_std < math.inf:
            raise ValueError(f"init_std must be positive, got {init_std}.")
        refuse_too_large_tables(num_users + 3 * num_items, embedding_dim)
        self.dropout = dropout
        self.user_embedding = nn.Embedding(num_users, embedding_dim)
        self.window_embedding = nn.Embedding(num_items, embedding_dim)
        self.convolutions = WindowConvolutions(
            length, embedding_dim, vertical_filters, horizontal_filters, convolution_activation
        )
        self.dense = nn.Linear(self.convolutions.width, embedding_dim)
        self.dense_activation = ACTIVATIONS[dense_activation]()
        self.item_embedding = nn.Embedding(num_items, 2 * embedding_dim)
        self.item_bias = nn.Parameter(torch.zeros(num_items))
        for table in (self.user_embedding, self.window_embedding, self.item_embedding):
            nn.init.normal_(table.weight, std=init_std)

    @override
    def encode(self, contexts: Contexts, draws: Draws | None) -> Tensor:
        windows = self.windows_of(contexts)
        entries = gather_rows(self.window_embedding.weight, windows.clamp_min(0))
        values = self.convolutions(entries * (windows != NOTHING).unsqueeze(2))
        if draws is not None:
            values = dropout(values, self.dropout, draws)
        z = self.dense_activation(self.dense(values))
        return torch.cat([z, gather_rows(self.user_embedding.weight, contexts.user_ids)], dim=1)
