"""The teacher's whole score rows: kept where they fit, computed per batch where they do not."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rankdistill.distillation.interface import DistillationContext
from rankdistill.distillation.teacher_scores import finite_scores
from rankdistill.histories.contexts import Contexts

BYTES_PER_MIB = 2**20
MadeOfRows = Callable[[Tensor, Contexts], Tensor]
"""(batch, num_items) scores of contexts to what a loss reads in their place, as large."""


class TeacherRows:
    """Rows of the frozen teacher. Those of places in histories are computed per batch.

    Args:
        context: Where the teacher and the training interactions come from.
        cache_mib: Memory for a table of all rows, in MiB. Where users x items float32 need more,
            the teacher scores each batch anew.
        made_of: What to make of the scores, once where rows are kept; None: nothing.
    """

    def __init__(
        self, context: DistillationContext, cache_mib: float, made_of: MadeOfRows | None = None
    ):
        self._score_rows = context.teacher.score_rows
        self._made_of = made_of
        num_users, num_items = context.train.num_users, context.train.num_items
        self._table: Tensor | None = None
        # Where rows are computed per batch, a loss that is not finite tells of scores that are not.
        fits = 4 * num_users * num_items <= cache_mib * BYTES_PER_MIB
        if fits and not context.by_place:
            users = Contexts.of_all_users(num_users, context.train.item_ids.device)
            self._table = torch.empty(num_users, num_items, device=users.device)
            for block in users.split(context.user_block):
                scores = finite_scores(self._score_rows, block)
                self._table[block.user_ids] = self._made(scores, block)

    @torch.no_grad()
    def __call__(self, contexts: Contexts) -> Tensor:
        """Contexts to (batch, num_items) rows, without gradient."""
        if self._table is not None and contexts.ends is None:
            return self._table.index_select(0, contexts.user_ids)
        return self._made(self._score_rows(contexts), contexts)

    def _made(self, score_rows: Tensor, contexts: Contexts) -> Tensor:
        return score_rows if self._made_of is None else self._made_of(score_rows, contexts)
