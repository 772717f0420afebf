"""What every scoring network offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Protocol, runtime_checkable

from torch import Tensor, nn
from typing_extensions import override

from rankdistill.backbones.embeddings import Embeddings


class Backbone(nn.Module, ABC):
    """A network that scores items for users, given their ids.

    Attributes:
        ranks_nothing: Names of tensors that shift all of a user's scores alike: packed weights go
            without them.
    """

    ranks_nothing: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def forward(self, user_ids: Tensor, item_ids: Tensor) -> Tensor:
        """Score some items per user.

        Args:
            user_ids: (batch,) int64.
            item_ids: (batch, n) int64.

        Returns:
            (batch, n) raw scores.
        """

    @abstractmethod
    def score_rows(self, user_ids: Tensor) -> Tensor:
        """Score the whole catalogue: (batch,) user ids to (batch, num_items) raw scores."""


class EmbeddingBackbone(Backbone):
    """A backbone whose scores are inner products of user and item embeddings, plus biases."""

    @abstractmethod
    def embeddings(self) -> Embeddings:
        """The embeddings of every user and item as they stand, with gradient."""

    @override
    def forward(self, user_ids: Tensor, item_ids: Tensor) -> Tensor:
        return self.embeddings().score_items(user_ids, item_ids)

    @override
    def score_rows(self, user_ids: Tensor) -> Tensor:
        return self.embeddings().score_rows(user_ids)


@runtime_checkable
class StartsFromFactors(Protocol):
    """A backbone that can begin from given embeddings and item biases."""

    def start_from(self, users: Tensor, items: Tensor, item_bias: Tensor) -> None:
        """Overwrite (num_users, dim), (num_items, dim) and (num_items,) parameters in place."""
        ...


@runtime_checkable
class ReadsInteractions(Protocol):
    """A backbone whose scores depend on who interacted with what, beside its parameters."""

    def observe(self, user_ids: Tensor, item_ids: Tensor) -> None:
        """Take the training pairs, both (num_interactions,) int64, once and before fitting."""
        ...
