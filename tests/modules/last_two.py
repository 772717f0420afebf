"""A tiny network that reads order: a place in a history is the mean of the two items before it."""

from __future__ import annotations

from torch import Tensor, nn
from typing_extensions import override

from rankdistill.backbones.embeddings import Embeddings
from rankdistill.backbones.interface import EmbeddingBackbone
from rankdistill.backbones.vector_scores import VectorScores
from rankdistill.draws.draws import Draws
from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences


class LastTwo(EmbeddingBackbone):
    """Score s(c, i) = <mean of the last two items' embeddings, q_i>; it learns from windows."""

    trains_on = "windows"

    def __init__(self, num_users: int, num_items: int, embedding_dim: int):
        super().__init__()
        self.num_users = num_users
        self.length, self.targets = 2, 2
        self.items = nn.Embedding(num_items, embedding_dim)

    def remember_order(self, sequences: Sequences, draws: Draws | None = None) -> None:
        self.sequences = sequences

    def vectors_of(self, contexts: Contexts) -> Tensor:
        """(batch, dim); of a place behind one item or none, what is missing counts as zero."""
        known, ends = self.sequences, self.sequences.ends_of(contexts)
        places = known.offsets[contexts.user_ids] + ends
        vectors = [
            self.items(known.items[(places - back).clamp_min(0)]) * (ends >= back).unsqueeze(1)
            for back in (1, 2)
        ]
        return (vectors[0] + vectors[1]) / 2

    @override
    def embeddings(self) -> Embeddings:
        everyone = Contexts.of_all_users(self.num_users, self.items.weight.device)
        return Embeddings(self.vectors_of(everyone), self.items.weight)

    @override
    def read(self, contexts: Contexts) -> VectorScores:
        return LastTwoScores(self)

    @override
    def forward(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        return self.read(contexts).score_items(contexts, item_ids)

    @override
    def score_rows(self, contexts: Contexts) -> Tensor:
        return self.read(contexts).score_rows(contexts)


class LastTwoOfSequences(LastTwo):
    """It learns from all places of a history at once."""

    trains_on = "sequences"

    def __init__(self, num_users: int, num_items: int, embedding_dim: int):
        super().__init__(num_users, num_items, embedding_dim)
        self.length = 4
        del self.targets


class LastTwoScores(VectorScores):
    """Reads the network anew for whatever it is asked."""

    def __init__(self, network: LastTwo):
        super().__init__(network.items.weight)
        self._network = network

    @override
    def users_of(self, contexts: Contexts) -> Tensor:
        return self._network.vectors_of(contexts)

    @override
    def everyone(self) -> Tensor:
        return self._network.embeddings().users
