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
        users, items, user_bias, item_bias = self._tables
        jobs = job_of(contexts.user_ids, self.num_users)
        lengths = torch.bincount(jobs, minlength=self.num_jobs).tolist()
        vectors = users.index_select(0, contexts.user_ids).split(lengths)
        parts = zip(vectors, self.parts(items), self.parts(item_bias), strict=True)
        rows = torch.cat([row_products(*part) for part in parts if len(part[0])])
        return rows.add_(user_bias.index_select(0, contexts.user_ids)[:, None])

    @property
    def of_equal_parts(self) -> _OfEqualParts:
        """The network for batches in which every job has equally many contexts."""
        return _OfEqualParts(self)

    def score_parts(self, contexts: Contexts) -> Tensor:
        """Score the whole catalogue for contexts of every job in turn, equally many of each."""
        users, items, user_bias, item_bias = self._tables
        by_job = self.num_jobs, self.num_items
        vectors = gather_rows(users, contexts.user_ids).view(self.num_jobs, -1, users.shape[1])
        parts = stacked_products(vectors, items.view(*by_job, -1), item_bias.view(by_job))
        return parts.flatten(0, 1).add_(gather_rows(user_bias, contexts.user_ids)[:, None])

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
