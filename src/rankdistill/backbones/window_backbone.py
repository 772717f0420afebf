"""What networks share that read the last items of a user."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial

from torch import Tensor, nn
from typing_extensions import override

from rankdistill.backbones.context_scores import ContextScores
from rankdistill.backbones.embeddings import Embeddings
from rankdistill.backbones.interface import EmbeddingBackbone
from rankdistill.backbones.last_items import last_items
from rankdistill.draws.draws import Draws
from rankdistill.histories.contexts import Contexts
from rankdistill.histories.sequences import Sequences


class WindowBackbone(EmbeddingBackbone):
    """A network that makes a vector of what a context reads, and learns from every context.

    A checkpoint holds no history. ``remember_order`` gives them, in training and after loading.

    Args:
        num_users: Number of users.
        length: L, items in a window.
        targets: T, how many of the next items a window foretells in training.
    """

    trains_on = "windows"

    item_embedding: nn.Embedding
    item_bias: nn.Parameter

    def __init__(self, num_users: int, length: int, targets: int):
        super().__init__()
        for name, value in (("length", length), ("targets", targets)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}.")
        self.num_users = num_users
        self.length = length
        self.targets = targets
        self._sequences: Sequences | None = None
        self._draws: Draws | None = None

    @abstractmethod
    def encode(self, contexts: Contexts, draws: Draws | None) -> Tensor:
        """Make a vector of each context, as long as those of ``item_embedding``.

        Args:
            contexts: One a row.
            draws: Source of what is dropped; None: nothing is.
        """

    def remember_order(self, sequences: Sequences, draws: Draws | None = None) -> None:
        """Take every user's items in order, in the place of any that were taken before.

        Args:
            sequences: The items.
            draws: Source of what is dropped in training, on their device; None: never trained.
        """
        self._sequences = sequences
        self._draws = draws

    def windows_of(self, contexts: Contexts) -> Tensor:
        """Find the last items that each context reads: (batch, length), see ``last_items``."""
        known = self.sequences
        ends = known.ends_of(contexts)
        return last_items(known.offsets, known.items, contexts.user_ids, ends, self.length)

    @override
    def embeddings(self) -> Embeddings:
        everyone = Contexts.of_all_users(self.num_users, self.item_bias.device)
        users = self.encode(everyone, None)
        return Embeddings(users, self.item_embedding.weight, item_bias=self.item_bias)

    @override
    def read(self, contexts: Contexts) -> ContextScores:
        if not self.training:
            return self._scores(contexts, None)
        assert self._draws is not None, "who trains gives draws with the sequences"
        return self._scores(contexts, self._draws)

    @override
    def forward(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        return self._scores(contexts, None).score_items(contexts, item_ids)

    @override
    def score_rows(self, contexts: Contexts) -> Tensor:
        return self._scores(contexts, None).score_rows(contexts)

    @property
    def sequences(self) -> Sequences:
        """Every user's items, on the device of the network."""
        if self._sequences is None:
            raise ValueError(
                f"{type(self).__name__} reads the last items of users: let it remember them first."
            )
        self._sequences = self._sequences.to(self.item_bias.device)
        return self._sequences

    def _scores(self, contexts: Contexts, draws: Draws | None) -> ContextScores:
        return ContextScores(
            contexts,
            self.sequences.numbers_of,
            partial(self.encode, draws=draws),
            lambda: self.embeddings().users,
            self.item_embedding.weight,
            self.item_bias,
        )
