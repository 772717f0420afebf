"""The final ranker: embeddings, attention over the history, and a deep and cross network."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from rankdistill.cascade.data.features import PAIR_FEATURES, RequestFeatures
from rankdistill.cascade.data.item_traits import ItemTraits
from rankdistill.cascade.data.vocabulary import Vocabulary
from rankdistill.cascade.networks.user_inputs import (
    HISTORY_MEANS,
    UserTraitsInput,
    history_means,
    layers,
)


class DeepCross(nn.Module):
    """Scores pairs of a user and an item from the features of both.

    The item's embedding is multiplied by four summaries of the user's history: its mean, its mean
    weighted by liking, the mean of its end, and the mean that attention weights by likeness to the
    item. The item, these products, the attended mean, the features of the pair, the genres and the
    user's traits pass through low-rank cross layers,
    ``x_{l+1} = x_0 * (V_l (U_l x_l) + b_l) + x_l``, beside an MLP; both give the logits of all
    tasks.

    Args:
        vocabulary: Kinds and sizes of the features.
        num_tasks: Number of tasks.
        items: Genres of the catalogue.
        dim: Size of an item's embedding.
        attended: Latest items of the history that attention looks at.
        user_dim: Size of the user's representation.
        cross_layers: Number of cross layers.
        cross_rank: Rank of their matrices.
        hidden: Sizes of the MLP's layers.

    Raises:
        ValueError: If a size is below 1, or there is no hidden layer.

    Reference:
        Wang et al., "DCN V2", WWW 2021 (low-rank cross layers, parallel structure); Zhou et al.,
        "Deep Interest Network", KDD 2018 (attention of the candidate over the history).
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        num_tasks: int,
        items: ItemTraits,
        dim: int,
        attended: int,
        user_dim: int,
        cross_layers: int,
        cross_rank: int,
        hidden: list[int],
    ):
        super().__init__()
        sizes = (dim, attended, user_dim, cross_layers, cross_rank, *hidden)
        if min(sizes) < 1 or not hidden:
            raise ValueError(
                "Sizes of the final ranker and of its hidden layers must be at least 1, got "
                f"{sizes[:5]} and {hidden}."
            )
        self.dim, self.attended = dim, attended
        self.register_buffer("genres", items.genres, persistent=False)
        self.genres: Tensor
        self.items = nn.Embedding(vocabulary.num_items, dim)
        nn.init.normal_(self.items.weight, std=0.05)
        self.traits = UserTraitsInput(vocabulary)
        self.user = nn.Sequential(
            nn.Linear(HISTORY_MEANS * dim + self.traits.width, user_dim), nn.ReLU()
        )
        self.liked = nn.Parameter(torch.zeros(dim))
        self.keys = nn.Linear(dim, dim, bias=False)
        self.ages = nn.Parameter(torch.zeros(attended))
        width = 6 * dim + len(PAIR_FEATURES) + vocabulary.num_genres + user_dim
        self.down = nn.ModuleList(
            nn.Linear(width, cross_rank, bias=False) for _ in range(cross_layers)
        )
        self.up = nn.ModuleList(nn.Linear(cross_rank, width) for _ in range(cross_layers))
        self.deep = layers(width, hidden)
        self.deep_width = hidden[-1]
        self.head = nn.Linear(width + self.deep_width, num_tasks)

    def users(self, users: RequestFeatures) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Compute what a request needs once, whatever its candidates.

        Returns:
            (requests, 3 dim) means of the history, (requests, user_dim) user representations,
            (requests, attended, dim) history items, and (requests, attended) bool, which of them
            exist.
        """
        means = torch.cat(history_means(users, self.items.weight), dim=1)
        user = self.user(torch.cat([means, self.traits(users)], dim=1))
        ratings = users.history_ratings[:, : self.attended]
        there = ratings > 0
        liking = (ratings - users.mean_ratings[:, None]) * there
        history = self.items(users.history_items[:, : self.attended])
        return means, user, history + liking[..., None] * self.liked, there

    def forward(
        self, known: tuple[Tensor, Tensor, Tensor, Tensor], item_ids: Tensor, pairs: Tensor
    ) -> Tensor:
        """Compute logits of some candidates of each request.

        Args:
            known: The result of ``users``.
            item_ids: (requests, candidates) int64.
            pairs: (requests, candidates, len(PAIR_FEATURES)).

        Returns:
            (requests, candidates, num_tasks).
        """
        means, user, history, there = known
        items = self.items(item_ids)
        attended = self._attended(items, history, there)
        every = (*item_ids.shape, -1)
        first = torch.cat(
            [
                items,
                *(items * mean[:, None] for mean in means.chunk(3, dim=1)),
                items * attended,
                attended,
                pairs,
                self.genres[item_ids],
                user[:, None].expand(every),
            ],
            dim=2,
        )
        crossed = first
        for down, up in zip(self.down, self.up, strict=True):
            crossed = torch.addcmul(crossed, first, up(down(crossed)))
        of_crossed, of_deep = self.head.weight.split([first.shape[2], self.deep_width], dim=1)
        return linear(crossed, of_crossed, self.head.bias) + linear(self.deep(first), of_deep)

    def _attended(self, items: Tensor, history: Tensor, there: Tensor) -> Tensor:
        """(requests, candidates, dim) means of the history, weighted by likeness to a candidate."""
        affinity = items @ self.keys(history).mT * (4 / self.dim**0.5) + self.ages
        affinity = affinity.masked_fill(~there[:, None], -30.0)
        shares = affinity.softmax(2) * there[:, None]
        return shares @ history
