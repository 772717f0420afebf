"""What every scoring network offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from typing_extensions import override

from rankdistill.backbones.embeddings import Embeddings, EmbeddingScores
from rankdistill.backbones.histories import Histories
from rankdistill.backbones.prefixes import Prefixes
from rankdistill.draws.draws import Draws
from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences
from rankdistill.kernels.fold_in import FoldIn, folded_scores

_FOLDED = 64
"""New users whose vectors are fitted at once."""


class Served(NamedTuple):
    """How a network ships in a model.rank.

    Attributes:
        kind: Of model; a "network" ranks with PyTorch alone.
        tables: What the file calls the tensors that it holds, and the names that they have in the
            network. Of a network it holds all, under these names.
        settings: Numbers that scores depend on.
        source_bytes: Size of the files that the network is a copy of; None: it is no copy.
    """

    kind: str = "network"
    tables: Mapping[str, str] = {}
    settings: Mapping[str, float] = {}
    source_bytes: int | None = None


class Backbone(nn.Module, ABC):
    """A network that scores items for the users of some contexts.

    Attributes:
        ranks_nothing: Names of tensors that shift all of a user's scores alike: packed weights go
            without them.
        trains_on: "users"; "sequences": all contexts of a user in one batch, so that a network
            that reads the items in order reads them once; or "windows": every context on its own.
        earlier: A trained network as it was earlier in its training, first to last; they are no
            part of it. Empty where nobody asked for them.
    """

    ranks_nothing: ClassVar[tuple[str, ...]] = ()
    trains_on: ClassVar[str] = "users"
    earlier: tuple[Backbone, ...] = ()

    @abstractmethod
    def forward(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        """Score some items per context.

        Args:
            contexts: One a row.
            item_ids: (batch, n) int64.

        Returns:
            (batch, n) raw scores.
        """

    @abstractmethod
    def score_rows(self, contexts: Contexts) -> Tensor:
        """Score the whole catalogue: contexts to (batch, num_items) raw scores."""

    def score_shared(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        """Score items that all contexts share, (n,) int64, to (batch, n) raw scores.

        Those of the whole catalogue are made for it, unless a network needs fewer.
        """
        return self.score_rows(contexts).index_select(1, item_ids)

    def take_fold_in(self, settings: Mapping[str, Any]) -> None:
        """Take the settings by which new users are fitted, where the network fits any.

        Args:
            settings: ``loss`` and ``l2`` of a FoldIn; of an ensemble such settings by member.
        """

    def score_histories(self, histories: Histories) -> Tensor:
        """Score the whole catalogue for people of whom training saw nothing.

        Args:
            histories: What each has had.

        Returns:
            (num_rows, num_items) raw scores.

        Raises:
            ValueError: If the network scores for users of its training alone.
        """
        raise ValueError(
            f"{type(self).__name__} ranks for the users that it was trained on, and not for new "
            "ones: leave out split=new_users."
        )

    def served(self) -> Served:
        """Say how the network ships; this is overridden where NumPy can rank with its tensors."""
        return Served()


class EmbeddingBackbone(Backbone):
    """A backbone whose scores are inner products of user and item embeddings, plus biases.

    Attributes:
        fold_in: How new users are fitted; None where nobody said so.
    """

    fold_in: FoldIn | None = None

    @abstractmethod
    def embeddings(self) -> Embeddings:
        """The embeddings of every user and item as they stand, with gradient."""

    @override
    def take_fold_in(self, settings: Mapping[str, Any]) -> None:
        self.fold_in = FoldIn(settings["loss"], settings["l2"])

    @override
    @torch.no_grad()
    def score_histories(self, histories: Histories) -> Tensor:
        if self.fold_in is None:
            raise ValueError(
                f"Nobody said by which loss {type(self).__name__} fits new users: train it again."
            )
        _, items, _, item_bias = self.embeddings()
        bias = None if item_bias is None else item_bias.double()
        scores = []
        for rows in torch.arange(len(histories.lengths), device=items.device).split(_FOLDED):
            block = histories.of(rows)
            had = torch.zeros(len(rows), len(items), dtype=torch.float64, device=items.device)
            had[block.rows, block.items] = 1.0
            with items.device:
                scores.append(folded_scores(torch, items.double(), bias, had, self.fold_in))
        return torch.cat(scores).to(items.dtype)

    def read(self, contexts: Contexts) -> EmbeddingScores:
        """What the losses of a batch share, computed once.

        Args:
            contexts: Those of the batch; repeats are allowed.
        """
        return self.embeddings()

    @override
    def forward(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        return self.embeddings().score_items(contexts, item_ids)

    @override
    def score_rows(self, contexts: Contexts) -> Tensor:
        return self.embeddings().score_rows(contexts)

    @override
    def score_shared(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        return self.read(contexts).score_shared(contexts, item_ids)


class HistoryBackbone(EmbeddingBackbone):
    """A backbone that has no row for a user: it reads the items that the user has had.

    A checkpoint holds no history. ``remember`` gives them, in training and after loading.
    """

    @abstractmethod
    def remember(self, user_ids: Tensor, item_ids: Tensor, draws: Draws | None = None) -> None:
        """Take the history of every user, in the place of any that were taken before.

        Args:
            user_ids: (num_interactions,) int64, ascending.
            item_ids: (num_interactions,) int64, ascending for each user.
            draws: Source of what is drawn in training, on their device; None: never trained.
        """


def give_histories(
    network: nn.Module,
    user_ids: Tensor,
    item_ids: Tensor,
    draws: Draws | None = None,
) -> None:
    """Let a network, or the members of one, remember histories; see ``remember``."""
    for module in network.modules():
        if isinstance(module, RemembersInteractions):
            module.remember(user_ids, item_ids, draws)


@runtime_checkable
class RemembersInteractions(Protocol):
    """A backbone that needs the training pairs after loading, since no checkpoint holds them."""

    def remember(self, user_ids: Tensor, item_ids: Tensor, draws: Draws | None = None) -> None:
        """Take the training pairs, both (num_interactions,) int64 and sorted."""
        ...


@runtime_checkable
class RemembersOrder(Protocol):
    """A backbone that needs the items of every user in order; no checkpoint holds them."""

    def remember_order(self, sequences: Sequences, draws: Draws | None = None) -> None:
        """Take every user's items; ``draws`` is the source of what is drawn in training."""
        ...


@runtime_checkable
class ReadsOrder(RemembersOrder, Protocol):
    """A backbone that reads the items of every user in order."""

    length: int
    """Items of a user that it reads at most."""


@runtime_checkable
class ReadsWindows(ReadsOrder, Protocol):
    """A backbone that reads the last ``length`` items, and learns from each window of a history."""

    targets: int
    """Next items that a window foretells in training."""


@runtime_checkable
class ReadsPrefixes(Protocol):
    """A backbone that reads no order, and ranks from any part of a history as from the whole."""

    def remember_prefixes(self, prefixes: Prefixes) -> None:
        """Take what tells a part of a history, for contexts with an end."""
        ...


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
