"""Fossil: FISM's sum over what a user has had, and a weighted sum of the last items."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from typing_extensions import override

from rankdistill.backbones.history_scores import length_powers
from rankdistill.backbones.last_items import NOTHING
from rankdistill.backbones.prefixes import prefixes_of
from rankdistill.backbones.table_memory import refuse_too_large_tables
from rankdistill.backbones.window_backbone import WindowBackbone
from rankdistill.draws.draws import Draws
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.bags import bag_sums
from rankdistill.kernels.gathering import gather_rows


class Fossil(WindowBackbone):
    """Score s(c, i) = <x_c, Q_i> + b_i, of a context c of a user u.

    x_c = |H|^-a * sum of P_j over j in H + sum over l = 1..L of (eta_l + eta_l^u) * P_{s_l}, where
    H is all that the context reads and s_l the l-th item from its end. The next item is not in H.

    The weights eta of all users start at 1 / L, so that x_c begins as two means; those of each user
    start at zero.

    Args:
        num_users: Number of users.
        num_items: Size of the catalogue.
        embedding_dim: Length of P_j and Q_i.
        length: L, last items that have weights of their own.
        targets: T, how many of the next items a place of a history foretells in training.
        length_power: a: 0 sums the history, 1 averages it.
        init_std: Standard deviation of the normal start of P and Q; biases start at zero.

    Reference:
        He and McAuley, "Fusing Similarity Models with Markov Chains for Sparse Sequential
        Recommendation", ICDM 2016.
    """

    def __init__(
        self,
        num_users: int,
        num_items: int,
        embedding_dim: int,
        length: int,
        targets: int,
        length_power: float,
        init_std: float,
    ):
        super().__init__(num_users, length, targets)
        if embedding_dim < 1:
            raise ValueError(f"embedding_dim must be at least 1, got {embedding_dim}.")
        if not 0 <= length_power < math.inf:
            raise ValueError(f"length_power must be zero or more, got {length_power}.")
        if not 0 < init_std < math.inf:
            raise ValueError(f"init_std must be positive, got {init_std}.")
        refuse_too_large_tables(2 * num_items, embedding_dim)
        self.length_power = length_power
        self.history_embedding = nn.Embedding(num_items, embedding_dim)
        self.item_embedding = nn.Embedding(num_items, embedding_dim)
        self.item_bias = nn.Parameter(torch.zeros(num_items))
        self.place_weights = nn.Parameter(torch.full((length,), 1 / length))
        self.user_place_weights = nn.Embedding(num_users, length)
        nn.init.normal_(self.history_embedding.weight, std=init_std)
        nn.init.normal_(self.item_embedding.weight, std=init_std)
        nn.init.zeros_(self.user_place_weights.weight)

    @override
    def encode(self, contexts: Contexts, draws: Draws | None) -> Tensor:
        return self._of_all_items(contexts) + self._of_last_items(contexts)

    def _of_all_items(self, contexts: Contexts) -> Tensor:
        """Sum up P over all that each context reads, and divide by a power of the number."""
        parts = self.history_embedding.weight
        offsets, rows, items = prefixes_of(self.sequences, contexts)
        powers = length_powers(offsets.diff(), self.length_power).to(parts.dtype)
        return bag_sums(parts, items, offsets, powers.index_select(0, rows))

    def _of_last_items(self, contexts: Contexts) -> Tensor:
        windows = self.windows_of(contexts)
        entries = gather_rows(self.history_embedding.weight, windows.clamp_min(0))
        own = gather_rows(self.user_place_weights.weight, contexts.user_ids)
        weights = (self.place_weights + own) * (windows != NOTHING)
        return torch.bmm(weights.unsqueeze(1), entries).squeeze(1)
