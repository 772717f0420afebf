"""Caser: convolutions over the last items of a user, beside an embedding of the user."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor, nn
from typing_extensions import override

from rankdistill.backbones.context_scores import ContextScores
from rankdistill.backbones.embeddings import Embeddings
from rankdistill.backbones.interface import EmbeddingBackbone
from rankdistill.backbones.last_items import NOTHING, last_items
from rankdistill.backbones.table_memory import refuse_too_large_tables
from rankdistill.backbones.window_convolutions import ACTIVATIONS, WindowConvolutions
from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences
from rankdistill.kernels.dropout import dropout
from rankdistill.kernels.gathering import gather_rows


class Caser(EmbeddingBackbone):
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

    trains_on = "windows"

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
        super().__init__()
        for name, value in (
            ("embedding_dim", embedding_dim),
            ("length", length),
            ("targets", targets),
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
        self.num_users = num_users
        self.length = length
        self.targets = targets
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
        self._sequences: Sequences | None = None
        self._generator: torch.Generator | None = None

    def remember_order(
        self, sequences: Sequences, generator: torch.Generator | None = None
    ) -> None:
        """Take every user's items in order, in the place of any that were taken before.

        Args:
            sequences: The items.
            generator: Source of what is dropped in training, on their device; None: never trained.
        """
        self._sequences = sequences
        self._generator = generator

    @override
    def embeddings(self) -> Embeddings:
        everyone = Contexts.of_all_users(self.num_users, self.item_bias.device)
        users = self._encoded(everyone, None)
        return Embeddings(users, self.item_embedding.weight, item_bias=self.item_bias)

    @override
    def read(self, contexts: Contexts) -> ContextScores:
        if not self.training:
            return self._scores(contexts, None)
        assert self._generator is not None, "who trains gives a generator with the sequences"
        return self._scores(contexts, self._generator)

    @override
    def forward(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        return self._scores(contexts, None).score_items(contexts, item_ids)

    @override
    def score_rows(self, contexts: Contexts) -> Tensor:
        return self._scores(contexts, None).score_rows(contexts)

    def _scores(self, contexts: Contexts, generator: torch.Generator | None) -> ContextScores:
        return ContextScores(
            contexts,
            self._remembered.numbers_of,
            partial(self._encoded, generator=generator),
            lambda: self.embeddings().users,
            self.item_embedding.weight,
            self.item_bias,
        )

    def _encoded(self, contexts: Contexts, generator: torch.Generator | None) -> Tensor:
        """Make [z, p_u] of each context: (batch, 2 * embedding_dim)."""
        known = self._remembered
        items = last_items(
            known.offsets, known.items, contexts.user_ids, known.ends_of(contexts), self.length
        )
        windows = gather_rows(self.window_embedding.weight, items.clamp_min(0))
        values = self.convolutions(windows * (items != NOTHING).unsqueeze(2))
        if generator is not None:
            values = dropout(values, self.dropout, generator)
        z = self.dense_activation(self.dense(values))
        return torch.cat([z, gather_rows(self.user_embedding.weight, contexts.user_ids)], dim=1)

    @property
    def _remembered(self) -> Sequences:
        if self._sequences is None:
            raise ValueError("Caser reads the last items of users: let it remember them first.")
        self._sequences = self._sequences.to(self.item_bias.device)
        return self._sequences
