"""The teacher's best items for places in histories, as batches ask for them."""

from __future__ import annotations

from torch import Tensor

from rankdistill.distillation.interface import DistillationContext
from rankdistill.distillation.kept_by_context import KeptByContext
from rankdistill.distillation.teacher_ranking import put_seen_below
from rankdistill.distillation.teacher_scores import finite_scores
from rankdistill.histories.contexts import Contexts

_BYTES = 4
"""Of an item's id in a list that is kept."""


class ContextLists:
    """Ranks the catalogue for contexts with an end, and keeps the heads; see KeptByContext.

    Args:
        context: What the method was given.
        top_k: Length of a list.
        exclude_seen: Leave out all training items of a context's user, the next ones too.
        cache_mib: What the lists may take, in MiB.
        method: Name of the method, for the log.
    """

    def __init__(
        self,
        context: DistillationContext,
        top_k: int,
        exclude_seen: bool,
        cache_mib: float,
        method: str,
    ):
        self._context = context
        self._top_k = top_k
        self._exclude_seen = exclude_seen
        self._kept = KeptByContext(context, self._ranked, _BYTES * top_k, cache_mib, method)

    def __call__(self, contexts: Contexts) -> Tensor:
        """Contexts with ends to (batch, top_k) int64 item ids, best first."""
        (items,) = self._kept(contexts)
        return items.long()

    def _ranked(self, contexts: Contexts) -> tuple[Tensor]:
        scores = finite_scores(self._context.teacher.score_rows, contexts)
        if self._exclude_seen:
            put_seen_below(scores, self._context.train, contexts.user_ids, self._top_k)
        return (scores.topk(self._top_k, dim=1).indices.int(),)
