"""FISM: a factored matrix of item similarities, which knows users by their histories alone."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from typing_extensions import override

from rankdistill.backbones.embeddings import Embeddings
from rankdistill.backbones.fitted_histories import fitted_parts
from rankdistill.backbones.histories import Histories
from rankdistill.backbones.history_scores import (
    HistoryScores,
    ItemSimilarity,
    length_powers,
)
from rankdistill.backbones.interface import HistoryBackbone, Served
from rankdistill.backbones.prefixes import Prefixes
from rankdistill.backbones.table_memory import refuse_too_large_tables
from rankdistill.draws.draws import Draws
from rankdistill.histories.contexts import Contexts


class Fism(HistoryBackbone):
    """Score s(u, i) = <p_u, q_i> + b_i, with p_u = |H|^-a * sum of P_j over the history H of u.

    For an item of the history, H is without that item; see HistoryScores. In training every batch
    drops a share of each history, and the rest is what its scores are made of: the model learns to
    rank from part of a history.

    Its size does not grow with users. Histories are the training items, and are not saved.

    Args:
        num_users: Number of users, for whom there is no weight.
        num_items: Size of the catalogue.
        embedding_dim: Length of P_j and q_i.
        length_power: a: 0 sums the history, 1 averages it.
        history_dropout: Share of a history that a training batch drops, in [0, 1).
        init_std: Standard deviation of the normal start of both tables; biases start at zero.
        start_iterations: Steps that bring the sums of P near the users' vectors where training
            begins from given factors.

    Reference:
        Kabbur, Ning and Karypis, "FISM: Factored Item Similarity Models for Top-N Recommender
        Systems", KDD 2013.
    """

    def __init__(
        self,
        num_users: int,
        num_items: int,
        embedding_dim: int,
        length_power: float,
        history_dropout: float,
        init_std: float,
        start_iterations: int,
    ):
        super().__init__()
        if embedding_dim < 1:
            raise ValueError(f"embedding_dim must be at least 1, got {embedding_dim}.")
        if not 0 <= length_power < math.inf:
            raise ValueError(f"length_power must be zero or more, got {length_power}.")
        if not 0 <= history_dropout < 1:
            raise ValueError(f"history_dropout must lie in [0, 1), got {history_dropout}.")
        if start_iterations < 1:
            raise ValueError(f"start_iterations must be at least 1, got {start_iterations}.")
        if not 0 < init_std < math.inf:
            raise ValueError(f"init_std must be positive, got {init_std}.")
        refuse_too_large_tables(2 * num_items, embedding_dim)
        self.num_users = num_users
        self.length_power = length_power
        self.history_dropout = history_dropout
        self.start_iterations = start_iterations
        self.history_embedding = nn.Embedding(num_items, embedding_dim)
        self.item_embedding = nn.Embedding(num_items, embedding_dim)
        self.item_bias = nn.Parameter(torch.zeros(num_items))
        nn.init.normal_(self.history_embedding.weight, std=init_std)
        nn.init.normal_(self.item_embedding.weight, std=init_std)
        self._histories: Histories | None = None
        self._draws: Draws | None = None
        self._prefixes: Prefixes | None = None

    @override
    def remember(self, user_ids: Tensor, item_ids: Tensor, draws: Draws | None = None) -> None:
        num_items = len(self.item_bias)
        self._histories = Histories.from_pairs(user_ids, item_ids, self.num_users, num_items)
        self._draws = draws

    def remember_prefixes(self, prefixes: Prefixes) -> None:
        """Take what tells a part of a history."""
        self._prefixes = prefixes

    @torch.no_grad()
    def start_from(self, users: Tensor, items: Tensor, item_bias: Tensor) -> None:
        """Overwrite Q and the biases, and P so that its sums over histories come near ``users``."""
        everyone = self._everyone
        powers = length_powers(everyone.lengths, self.length_power)
        parts = fitted_parts(everyone, powers, users, self.start_iterations)
        self.history_embedding.weight.copy_(parts)
        self.item_embedding.weight.copy_(items)
        self.item_bias.copy_(item_bias)

    @override
    def served(self) -> Served:
        tables = {
            "history_items": "history_embedding.weight",
            "items": "item_embedding.weight",
            "item_bias": "item_bias",
        }
        return Served("history", tables, {"power": self.length_power})

    @override
    def embeddings(self) -> Embeddings:
        everyone = torch.arange(self.num_users, device=self.item_bias.device)
        users = self._whole(everyone).vectors
        return Embeddings(users, self.item_embedding.weight, item_bias=self.item_bias)

    @override
    def read(self, contexts: Contexts) -> HistoryScores:
        if contexts.ends is not None:
            return self._scores_of(contexts)
        distinct = contexts.user_ids.unique()
        if not self.training or self.history_dropout == 0:
            return self._whole(distinct)
        assert self._draws is not None, "who trains gives draws with the histories"
        histories = self._everyone.of(distinct).dropped(self.history_dropout, self._draws)
        return HistoryScores(self._similarity, self._everyone, distinct, histories)

    @override
    def forward(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        return self._scores_of(contexts).score_items(contexts, item_ids)

    @override
    def score_rows(self, contexts: Contexts) -> Tensor:
        return self._scores_of(contexts).score_rows(contexts)

    @override
    def score_histories(self, histories: Histories) -> Tensor:
        rows = torch.arange(len(histories.lengths), device=histories.items.device)
        scores = HistoryScores(self._similarity, histories, rows, histories)
        return scores.score_rows(Contexts(rows))

    def _scores_of(self, contexts: Contexts) -> HistoryScores:
        """What contexts read, of which nothing is dropped."""
        if contexts.ends is None:
            return self._whole(contexts.user_ids.unique())
        assert self._prefixes is not None, "who ranks from places in histories tells them"
        numbers_of = self._prefixes.sequences(contexts.device).numbers_of
        distinct, _ = contexts.distinct()
        histories = self._prefixes.of(distinct)
        return HistoryScores(
            self._similarity, self._everyone, numbers_of(distinct), histories, numbers_of
        )

    def _whole(self, user_ids: Tensor) -> HistoryScores:
        everyone = self._everyone
        return HistoryScores(self._similarity, everyone, user_ids, everyone.of(user_ids))

    @property
    def _similarity(self) -> ItemSimilarity:
        tables = self.history_embedding.weight, self.item_embedding.weight
        return ItemSimilarity(*tables, self.item_bias, self.length_power)

    @property
    def _everyone(self) -> Histories:
        if self._histories is None:
            raise ValueError("Fism knows users by their histories: let it remember them first.")
        self._histories = self._histories.to(self.item_bias.device)
        return self._histories
