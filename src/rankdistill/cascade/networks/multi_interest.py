"""The early ranker: a two-tower network with an embedding of the user for each interest."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rankdistill.cascade.data.features import RequestFeatures, UserFeatures
from rankdistill.cascade.data.item_features import ItemFeatures
from rankdistill.cascade.data.vocabulary import Vocabulary
from rankdistill.cascade.networks.item_inputs import ItemFeaturesInput
from rankdistill.cascade.networks.user_inputs import (
    HISTORY_MEANS,
    UserTraitsInput,
    history_means,
    layers,
)
from rankdistill.kernels.gathering import gather_rows


class MultiInterest(nn.Module):
    """Scores items by a user's interests.

    User features, and the mean item embeddings of the history where there is one, pass through an
    MLP to E embeddings of size D. An item has an embedding of size D; the softmax of its E dot
    products with the user's mixes these into one. The mixed user, the item and the dot products
    give the logits of all tasks linearly. A request costs one pass of the MLP, an item a few
    multiplications.

    Args:
        vocabulary: Kinds and sizes of the features.
        num_tasks: Number of tasks T.
        interests: Number of embeddings E of a user.
        dim: Size D of the embeddings of users and items.
        hidden: Sizes of the MLP's hidden layers.
        item_features: What is known of items beside their ids; None where nothing is.

    Raises:
        ValueError: If a size is below 1, or there is no hidden layer.

    Reference:
        Li et al., "Multi-Interest Network with Dynamic Routing", CIKM 2019, for several user
        embeddings; the softmax over dot products is label-aware attention of power 1.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        num_tasks: int,
        interests: int,
        dim: int,
        hidden: list[int],
        item_features: ItemFeatures | None = None,
    ):
        super().__init__()
        if min(interests, dim, len(hidden), *hidden) < 1:
            raise ValueError(
                "interests, dim, and the number and sizes of hidden layers must be at least 1, got "
                f"{interests}, {dim} and {hidden}."
            )
        self.interests, self.dim = interests, dim
        self.reads_histories = vocabulary.has_histories
        self.traits = UserTraitsInput(vocabulary)
        width = self.traits.width + (HISTORY_MEANS * dim if self.reads_histories else 0)
        self.tower = nn.Sequential(layers(width, hidden), nn.Linear(hidden[-1], interests * dim))
        self.items = nn.Embedding(vocabulary.num_items, dim)
        nn.init.normal_(self.items.weight, std=0.1)
        self.item_features = (
            None if item_features is None else ItemFeaturesInput(item_features, dim)
        )
        self.width = 2 * dim + interests
        self.head = nn.Linear(self.width, num_tasks)

    def users(self, users: UserFeatures) -> Tensor:
        """(requests, interests, dim) embeddings of users, computed once a request."""
        described = self.traits(users)
        if self.reads_histories:
            assert isinstance(users, RequestFeatures), "the features of a request hold a history"
            described = torch.cat([described, *history_means(users, self.items.weight)], dim=1)
        return self.tower(described).unflatten(1, (self.interests, self.dim))

    def embedded(self, item_ids: Tensor) -> Tensor:
        """(..., dim) embeddings of items, which do not depend on the request."""
        if self.item_features is None:
            return gather_rows(self.items.weight, item_ids)
        rows = self.item_features.rows[item_ids]
        return gather_rows(self.items.weight, rows) + self.item_features(item_ids)

    def forward(
        self, interests: Tensor, item_ids: Tensor, own_heads: Sequence[nn.Linear] = ()
    ) -> Tensor:
        """Compute logits of some candidates of each request.

        Args:
            interests: (requests, interests, dim).
            item_ids: (requests, candidates) int64.
            own_heads: Heads beside the served one, each of ``width`` inputs.

        Returns:
            (requests, candidates, outputs of all heads), the served ones first.
        """
        return self.score(interests, self.embedded(item_ids), own_heads)

    def score(
        self, interests: Tensor, items: Tensor, own_heads: Sequence[nn.Linear] = ()
    ) -> Tensor:
        """Compute logits by matrix products.

        Args:
            interests: (requests, interests, dim).
            items: From ``embedded``: (items, dim) that every request is scored with, or (requests,
                candidates, dim).
            own_heads: Heads beside the served one, each of ``width`` inputs.

        Returns:
            (requests, items, outputs of all heads), the served ones first.
        """
        heads = (self.head, *own_heads)
        weight = torch.cat([head.weight for head in heads])
        bias = torch.cat([head.bias for head in heads])
        of_mixed, of_item, of_dots = weight.split([self.dim, self.dim, self.interests], 1)
        dots = interests @ items.mT
        # The heads are linear, so they read the interests before they are mixed: T numbers, not D.
        # The shares of a mixture add up to one, so the bias is added here, to fewer numbers.
        readings = interests @ of_mixed.T + bias
        from_user = dots.softmax(1).mT @ readings + dots.mT @ of_dots.T
        return from_user + items @ of_item.T
