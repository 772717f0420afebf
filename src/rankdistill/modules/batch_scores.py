"""One network's scores for one batch, computed once however many losses read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import torch
from torch import Tensor

from rankdistill.backbones.embeddings import EmbeddingScores
from rankdistill.backbones.interface import Backbone, EmbeddingBackbone
from rankdistill.backbones.vector_scores import Products, VectorScores
from rankdistill.data.batches import PairBatch, UserBatch
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.product_softmax import suits_blocks
from rankdistill.kernels.single_precision import at_least_single
from rankdistill.modules.stride_users import DistinctUsers, StrideUsers, UsersOfPairs


class BatchScores:
    """The student's view of a batch that ranking and distillation losses share.

    Scores are in single precision where the network computes in halves, which have too few digits
    for the sums that losses are.

    Args:
        backbone: The scoring network.
        contexts: One a row.
        training_items: The items of the batch's training pairs, int64, repeats included.
        positive_items: (batch,) int64, the item of each row, where a row is a pair.
        shares: (batch,) weight of each row in a mean over the batch; None: equal weights.
        stride: The users of the batch's stride; None: the batch is a stride of its own.
        position: Which of the stride's batches it is.
        single: Whether one loss alone reads the view.
    """

    def __init__(
        self,
        backbone: Backbone,
        contexts: Contexts,
        training_items: Tensor,
        positive_items: Tensor | None = None,
        shares: Tensor | None = None,
        stride: StrideUsers | UsersOfPairs | None = None,
        position: int = 0,
        single: bool = False,
    ):
        self.backbone = backbone
        self.contexts = contexts
        self.training_items = training_items
        self.positive_items = positive_items
        self._shares = shares
        self._stride = StrideUsers([contexts.user_ids]) if stride is None else stride
        self._position = position
        self._single = single
        self._rows: Tensor | None = None
        self._embeddings: EmbeddingScores | None = None

    @classmethod
    def of(
        cls, backbone: Backbone, batch: PairBatch | UserBatch, user_pairs: int | None = None
    ) -> BatchScores:
        """Make the view of a batch of pairs or of whole users."""
        return next(cls.of_stride(backbone, [batch], user_pairs))

    @classmethod
    def of_stride(
        cls,
        backbone: Backbone,
        batches: Sequence[PairBatch | UserBatch],
        user_pairs: int | None = None,
        *,
        single: bool = False,
        repeats: bool = False,
    ) -> Iterator[BatchScores]:
        """Make one view after the other, so that only one at a time keeps its scores.

        Args:
            backbone: The scoring network.
            batches: Of one kind.
            user_pairs: See StrideUsers.
            single: Whether one loss alone reads each view.
            repeats: Whether users of pairs are those that the pairs have, repeats included. Their
                number need not be read from the device.
        """
        every = [batch.contexts.user_ids for batch in batches]
        together = StrideUsers(every, user_pairs)
        for number, batch in enumerate(batches):
            stride, position = together, number
            if repeats:
                stride, position = UsersOfPairs(every[number], None, user_pairs), 0
            items = batch.positive_items
            pairs = items if isinstance(batch, PairBatch) else None
            more = {"stride": stride, "position": position, "single": single}
            yield cls(backbone, batch.contexts, items, pairs, **more)

    @property
    def shares(self) -> Tensor:
        """(batch,) weight of each row in a mean over the batch; sums to one."""
        if self._shares is None:
            rows = len(self.contexts)
            self._shares = torch.full((rows,), 1.0 / max(rows, 1), device=self.contexts.device)
        return self._shares

    @property
    def embeddings(self) -> EmbeddingScores:
        """The embeddings of contexts and items; a ValueError where there are none."""
        if self._embeddings is None:
            if not isinstance(self.backbone, EmbeddingBackbone):
                raise ValueError(f"{type(self.backbone).__name__} has no embeddings.")
            self._embeddings = self.backbone.read(self.contexts)
        return self._embeddings

    def of_items(self, item_ids: Tensor) -> Tensor:
        """(batch, n) item ids to (batch, n) raw scores, read off the whole row if it is there."""
        if self._rows is not None:
            return self._rows.gather(1, item_ids)
        if isinstance(self.backbone, EmbeddingBackbone):
            return at_least_single(self.embeddings.score_items(self.contexts, item_ids))
        return at_least_single(self.backbone(self.contexts, item_ids))

    def of_own_and_shared(self, own_items: Tensor, shared_items: Tensor) -> Tensor:
        """Score an item of each row's own, and then items that all rows share.

        Args:
            own_items: (batch,) int64.
            shared_items: (n,) int64.

        Returns:
            (batch, 1 + n) raw scores.
        """
        if self._rows is None and isinstance(self.backbone, EmbeddingBackbone):
            return at_least_single(
                self.embeddings.score_own_and_shared(self.contexts, own_items, shared_items)
            )
        shared = shared_items.expand(len(own_items), -1)
        return self.of_items(torch.cat([own_items[:, None], shared], dim=1))

    def of_shared(self, item_ids: Tensor) -> Tensor:
        """Score items that all rows share: (n,) item ids to (batch, n) raw scores."""
        if self._rows is not None:
            return self._rows.index_select(1, item_ids)
        if isinstance(self.backbone, EmbeddingBackbone):
            return at_least_single(self.embeddings.score_shared(self.contexts, item_ids))
        return at_least_single(self.backbone.score_shared(self.contexts, item_ids))

    def rows(self) -> Tensor:
        """(batch, num_items) raw scores."""
        if self._rows is None:
            scorer = (
                self.embeddings if isinstance(self.backbone, EmbeddingBackbone) else self.backbone
            )
            self._rows = at_least_single(scorer.score_rows(self.contexts))
        return self._rows

    def unmade_rows(self) -> Products | None:
        """What ``rows`` multiplies, where blocks of it are faster and nothing else reads rows."""
        if not self._single or not isinstance(self.backbone, EmbeddingBackbone):
            return None
        embeddings = self.embeddings
        if not isinstance(embeddings, VectorScores):
            return None
        products = embeddings.products_of(self.contexts)
        return products if suits_blocks(products.vectors) else None

    def columns(self, item_ids: Tensor) -> Tensor:
        """(n,) item ids to (n, num_users) raw scores."""
        return at_least_single(self.embeddings.score_columns(item_ids))

    @property
    def per_user(self) -> BatchScores:
        """The batch with one row per distinct user, which weighs what its pairs weigh together.

        A batch of thousands of pairs holds nearly every user, whose whole rows would be compared
        at every step: its first pairs stand for it, see StrideUsers. Contexts with an end stand in
        the place of users.
        """
        return self if self.positive_items is None else self._users_of_first_pairs

    @property
    def distinct_users(self) -> BatchScores:
        """One row per distinct user of all pairs, for losses on a few items per user."""
        return self if self.positive_items is None else self._users_of_all_pairs

    @cached_property
    def _users_of_first_pairs(self) -> BatchScores:
        if self.contexts.ends is not None:
            return self._of_contexts(self.contexts[: self._stride.user_pairs])
        return self._of_users(self._stride.of_first_pairs[self._position])

    @cached_property
    def _users_of_all_pairs(self) -> BatchScores:
        if self.contexts.ends is not None:
            return self._of_contexts(self.contexts)
        return self._of_users(self._stride.of_all_pairs[self._position])

    def _of_users(self, users: DistinctUsers) -> BatchScores:
        return self._view(Contexts(users.user_ids), users.shares)

    def _of_contexts(self, contexts: Contexts) -> BatchScores:
        distinct, counts = contexts.distinct()
        return self._view(distinct, counts / max(len(contexts), 1))

    def _view(self, contexts: Contexts, shares: Tensor) -> BatchScores:
        found = BatchScores(self.backbone, contexts, self.training_items, None, shares)
        if isinstance(self.backbone, EmbeddingBackbone):
            found._embeddings = self.embeddings
        return found
