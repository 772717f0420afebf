"""The teachers of a stack's jobs as one."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from rankdistill.backbones.interface import Backbone
from rankdistill.histories.contexts import Contexts
from rankdistill.stacks.replicas import job_of


class StackedTeachers:
    """Scores of each job's own teacher.

    Args:
        teachers: Frozen, in eval mode, on the training device; jobs may share one.
        num_users: Users of one job.
    """

    def __init__(self, teachers: Sequence[Backbone], num_users: int):
        self._distinct = list(dict.fromkeys(teachers))
        numbers = {teacher: number for number, teacher in enumerate(self._distinct)}
        self._number = [numbers[teacher] for teacher in teachers]
        self._num_users = num_users

    def score_rows(self, contexts: Contexts) -> Tensor:
        """Score the whole catalogue: contexts of a stack to (batch, num_items) raw scores."""
        local = Contexts(contexts.user_ids % self._num_users)
        if len(self._distinct) == 1:
            return self._distinct[0].score_rows(local)
        numbers = contexts.user_ids.new_tensor(self._number)
        own = numbers[job_of(contexts.user_ids, self._num_users)]
        rows: Tensor | None = None
        for number, teacher in enumerate(self._distinct):
            wanted = (own == number).nonzero().squeeze(1)
            if len(wanted):
                scores = teacher.score_rows(local[wanted])
                if rows is None:
                    rows = scores.new_empty(len(local), scores.shape[1])
                rows[wanted] = scores
        assert rows is not None
        return rows
