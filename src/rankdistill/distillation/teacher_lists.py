"""The teacher's best items for contexts as batches ask for them, kept within a bound of memory."""

from __future__ import annotations

import logging

import torch
from torch import Tensor

from rankdistill.distillation.interface import DistillationContext
from rankdistill.distillation.teacher_ranking import put_seen_below
from rankdistill.distillation.teacher_scores import finite_scores
from rankdistill.histories.contexts import Contexts

logger = logging.getLogger(__name__)

_BYTES = 4
"""Of an item's id in a list that is kept."""


class ContextLists:
    """Ranks the catalogue for contexts with an end, and keeps the heads by the contexts' numbers.

    The teacher is asked for a context once, if all lists fit into the bound; else in every batch.

    Args:
        context: What the method was given.
        top_k: Length of a list.
        exclude_seen: Leave out all training items of a context's user, the next ones too.
        cache_mib: What the lists may take, in MiB.
    """

    def __init__(
        self, context: DistillationContext, top_k: int, exclude_seen: bool, cache_mib: float
    ):
        self._context = context
        self._top_k = top_k
        self._exclude_seen = exclude_seen
        self._offsets = context.train.offsets
        self._num_contexts = context.train.num_interactions + context.train.num_users
        self._kept: Tensor | None = None
        self._fits = self._num_contexts * top_k * _BYTES <= cache_mib * 2**20
        if not self._fits:
            logger.info(
                "Lists of %d items for %d contexts take more than %g MiB: the teacher ranks anew "
                "for every batch. distillation.methods.ranking.cache_mib=... gives more.",
                top_k,
                self._num_contexts,
                cache_mib,
            )

    @torch.no_grad()
    def __call__(self, contexts: Contexts) -> Tensor:
        """Contexts with ends to (batch, top_k) int64 item ids, best first."""
        if not self._fits:
            return self._ranked(contexts)
        assert contexts.ends is not None
        users, device = contexts.user_ids, contexts.device
        numbers = self._offsets.index_select(0, users) + users + contexts.ends
        if self._kept is None:
            shape = (self._num_contexts, self._top_k)
            self._kept = torch.full(shape, -1, dtype=torch.int32, device=device)
        missing = (self._kept[numbers, 0] < 0).nonzero().squeeze(1)
        if len(missing):
            self._kept[numbers[missing]] = self._ranked(contexts[missing]).int()
        return self._kept.index_select(0, numbers).long()

    def _ranked(self, contexts: Contexts) -> Tensor:
        parts = []
        for block in contexts.split(self._context.user_block):
            scores = finite_scores(self._context.teacher.score_rows, block)
            if self._exclude_seen:
                put_seen_below(scores, self._context.train, block.user_ids, self._top_k)
            parts.append(scores.topk(self._top_k, dim=1).indices)
        return torch.cat(parts)
