"""LightGCN: matrix factorisation whose embeddings are spread over the interaction graph."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from typing_extensions import override

from rankdistill.backbones.embeddings import Embeddings
from rankdistill.backbones.histories import Histories
from rankdistill.backbones.interface import EmbeddingBackbone, Served
from rankdistill.backbones.table_memory import refuse_too_large_tables
from rankdistill.draws.draws import Draws
from rankdistill.kernels.bags import bag_sums
from rankdistill.kernels.propagation import BipartiteGraph, mean_of_layers
from rankdistill.kernels.row_products import row_products


class LightGCN(EmbeddingBackbone):
    """Score s(u, i) = <p_u, q_i>, where p and q are the means of their layers 0 to L.

    Layer 0 is learned. In layer l + 1 a user is the sum over their training items i of
    q_i^(l) / sqrt(deg_u deg_i), and an item likewise over its users.

    The graph serves training alone: what is saved under the names of the learned tables are the
    means, so that a checkpoint is two tables and ranks as they stand. To load one forgets the
    graph; training goes on from the means as a new layer 0 once the pairs are observed again.

    Args:
        num_users: Number of users.
        num_items: Size of the catalogue.
        embedding_dim: Length of p_u and q_i.
        num_layers: L, how many steps along the graph an embedding spreads; at least 1.
        init_std: Standard deviation of the normal start of layer 0.

    Reference:
        He et al., "LightGCN: Simplifying and Powering Graph Convolution Network for
        Recommendation", SIGIR 2020.
    """

    def __init__(
        self,
        num_users: int,
        num_items: int,
        embedding_dim: int,
        num_layers: int,
        init_std: float,
    ):
        super().__init__()
        for name, value in (("embedding_dim", embedding_dim), ("num_layers", num_layers)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}.")
        if not 0 < init_std < math.inf:
            raise ValueError(f"init_std must be positive, got {init_std}.")
        refuse_too_large_tables(num_users + num_items, embedding_dim)
        self.num_layers = num_layers
        self.user_embedding = nn.Embedding(num_users, embedding_dim)
        self.item_embedding = nn.Embedding(num_items, embedding_dim)
        nn.init.normal_(self.user_embedding.weight, std=init_std)
        nn.init.normal_(self.item_embedding.weight, std=init_std)
        # No buffers: several processes would send them to each other before every batch.
        self._graph: BipartiteGraph | None = None
        self._latest: _Propagated | None = None
        self._degrees: Tensor | None = None
        self.register_state_dict_post_hook(_save_propagated)

    def observe(self, user_ids: Tensor, item_ids: Tensor) -> None:
        """Build the graph of (num_interactions,) training pairs."""
        num_users, num_items = map(len, self._learned())
        self._graph = BipartiteGraph.from_pairs(user_ids, item_ids, num_users, num_items)
        self._latest = None

    def remember(self, user_ids: Tensor, item_ids: Tensor, draws: Draws | None = None) -> None:
        """Count the users of each item, of which new users take their shares."""
        self._degrees = torch.bincount(item_ids, minlength=self.item_embedding.num_embeddings)

    @override
    def score_histories(self, histories: Histories) -> Tensor:
        """Score for new users, who are one step along the graph from the items that they have had.

        p is the sum over the history of q_i / sqrt(n deg_i), with n the length of the history: the
        mean of the layers 1 to L + 1 of a user whom the items do not know.
        """
        assert self._degrees is not None, "who ranks for new users gives the training pairs"
        items = self.embeddings().items
        lengths = histories.lengths.clamp_min(1).repeat_interleave(
            histories.lengths, output_size=len(histories.items)
        )
        degrees = self._degrees.to(items.device).clamp_min(1)[histories.items]
        weights = (degrees * lengths).to(items.dtype).rsqrt()
        users = bag_sums(items, histories.items, histories.offsets, weights)
        return row_products(users, items)

    @override
    def embeddings(self) -> Embeddings:
        users, items = self._learned()
        if self._graph is None:
            return Embeddings(users, items)
        if torch.is_grad_enabled():
            return self.propagated()
        if self._latest is None or not self._latest.comes_from(users, items):
            with torch.inference_mode(False), torch.no_grad():  # to be read where gradients flow
                self._latest = _Propagated(users.clone(), items.clone(), self.propagated())
        return self._latest.embeddings

    @override
    def served(self) -> Served:
        tables = {"users": "user_embedding.weight", "items": "item_embedding.weight"}
        return Served("factors", tables)

    def propagated(self) -> Embeddings:
        """The means of all layers, computed anew."""
        assert self._graph is not None
        users, items = self._learned()
        self._graph = self._graph.like(users)
        return Embeddings(*mean_of_layers(self._graph, users, items, self.num_layers))

    def _learned(self) -> tuple[Tensor, Tensor]:
        return self.user_embedding.weight, self.item_embedding.weight

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *args: Any, **kwargs: Any
    ) -> None:
        """Take the tables of a checkpoint as they are."""
        self._graph = self._latest = None
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_latest": None}


class _Propagated(NamedTuple):
    """What blocks of an evaluation share.

    Attributes:
        users: (num_users, embedding_dim) copy of the learned table.
        items: (num_items, embedding_dim) copy of the learned table.
        embeddings: What they propagate to.
    """

    users: Tensor
    items: Tensor
    embeddings: Embeddings

    def comes_from(self, users: Tensor, items: Tensor) -> bool:
        """Compare by value: a fused optimiser leaves no trace in the version of a tensor."""
        return _same(self.users, users) and _same(self.items, items)


def _same(table: Tensor, other: Tensor) -> bool:
    alike = table.device == other.device and table.dtype == other.dtype
    return alike and torch.equal(table, other)


@torch.no_grad()
def _save_propagated(module: nn.Module, state: dict[str, Any], prefix: str, _: Any) -> None:
    """Let a checkpoint hold what is served."""
    assert isinstance(module, LightGCN)
    if module._graph is not None:
        embeddings = module.propagated()
        state[f"{prefix}user_embedding.weight"] = embeddings.users
        state[f"{prefix}item_embedding.weight"] = embeddings.items
