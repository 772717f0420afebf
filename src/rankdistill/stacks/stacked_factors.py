"""The factorisations of a stack as one network, whose tables lie one behind the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from typing_extensions import override

from rankdistill.backbones.interface import Backbone
from rankdistill.histories.contexts import Contexts
from rankdistill.kernels.gathering import gather_rows
from rankdistill.kernels.pair_scores import pair_scores
from rankdistill.kernels.row_products import row_products
from rankdistill.kernels.stacked_products import stacked_products
from rankdistill.stacks.replicas import job_of

_WEIGHTS = {
    "users": "user_embedding.weight",
    "items": "item_embedding.weight",
    "user_bias": "user_bias",
    "item_bias": "item_bias",
}
"""What a table is called in a factorisation."""


class StackedFactors(Backbone):
    """Score s(u, i) = <p_u, q_i> + b_u + b_i, with items of the user's own job.

    User u of job j is number ``j * num_users + u``. Items have the numbers of the catalogue.

    Args:
        states: The tensors of every factorisation, under its own names; of one shape.
    """

    def __init__(self, states: Sequence[Mapping[str, Tensor]]):
        super().__init__()
        self.num_jobs = len(states)
        self.num_users = len(states[0]["user_bias"])
        self.num_items = len(states[0]["item_bias"])
        for table, name in _WEIGHTS.items():
            whole = torch.cat([state[name] for state in states])
            setattr(self, table, nn.Parameter(whole))

    def weights_of(self, job: int) -> dict[str, Tensor]:
        """The tensors of one factorisation under its own names, as views."""
        return {
            name: self.parts(getattr(self, table).detach())[job] for table, name in _WEIGHTS.items()
        }

    def parts(self, table: Tensor) -> tuple[Tensor, ...]:
        """Cut a table, or what has a row for each of its rows, into those of the jobs."""
        return table.tensor_split(self.num_jobs)

    @override
    def forward(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        first_items = job_of(contexts.user_ids, self.num_users)[:, None] * self.num_items
        return pair_scores(contexts.user_ids, item_ids + first_items, *self._tables)

    @override
    def score_rows(self, contexts: Contexts) -> Tensor:
        """Score the whole catalogue for contexts that stand job by job, in ascending order."""
        if (whole := self._whole_jobs(contexts)) is not None:
            return self.score_parts(contexts, whole)
        users, items, user_bias, item_bias = self._tables
        lengths = self._lengths(contexts)
        vectors = users.index_select(0, contexts.user_ids).split(lengths)
        parts = zip(vectors, self.parts(items), self.parts(item_bias), strict=True)
        rows = torch.cat([row_products(*part) for part in parts if len(part[0])])
        return rows.add_(user_bias.index_select(0, contexts.user_ids)[:, None])

    @property
    def of_equal_parts(self) -> _OfEqualParts:
        """The network for batches in which every job has equally many contexts."""
        return _OfEqualParts(self)

    def score_parts(self, contexts: Contexts, jobs: range | None = None) -> Tensor:
        """Score the whole catalogue for contexts of some jobs in turn, equally many of each.

        Args:
            contexts: Those of one job after the other.
            jobs: The jobs, which follow each other; None: all.
        """
        users, items, user_bias, item_bias = self._tables
        some = slice(None) if jobs is None else slice(jobs.start, jobs.stop)
        by_job = self.num_jobs, self.num_items
        of_items, shift = items.view(*by_job, -1)[some], item_bias.view(by_job)[some]
        vectors = gather_rows(users, contexts.user_ids).view(len(shift), -1, users.shape[1])
        parts = stacked_products(vectors, of_items, shift)
        return parts.flatten(0, 1).add_(gather_rows(user_bias, contexts.user_ids)[:, None])

    def _whole_jobs(self, contexts: Contexts) -> range | None:
        """The jobs of all of whose users the contexts are; None where they are of others."""
        num_jobs, left_over = divmod(len(contexts), self.num_users)
        if contexts.first is None or left_over or contexts.first % self.num_users:
            return None
        first_job = contexts.first // self.num_users
        return range(first_job, first_job + num_jobs)

    def _lengths(self, contexts: Contexts) -> list[int]:
        """How many contexts each job has, read from the device where nobody else knows."""
        if contexts.first is None:
            jobs = job_of(contexts.user_ids, self.num_users)
            return torch.bincount(jobs, minlength=self.num_jobs).tolist()
        first, last = contexts.first, contexts.first + len(contexts)
        starts = range(0, self.num_jobs * self.num_users, self.num_users)
        return [max(0, min(last, start + self.num_users) - max(first, start)) for start in starts]

    @property
    def _tables(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        users, items, user_bias, item_bias = (getattr(self, table) for table in _WEIGHTS)
        return users, items, user_bias, item_bias


class _OfEqualParts(Backbone):
    """Scores rows without asking how many of them each job has, which waits for a GPU."""

    def __init__(self, stack: StackedFactors):
        super().__init__()
        self._stack = stack

    @override
    def forward(self, contexts: Contexts, item_ids: Tensor) -> Tensor:
        return self._stack(contexts, item_ids)

    @override
    def score_rows(self, contexts: Contexts) -> Tensor:
        return self._stack.score_parts(contexts)
