"""Negatives of a stack: what users have had is known once, whatever the number of jobs."""

from __future__ import annotations

from torch import Tensor
from typing_extensions import override

from rankdistill.data.interactions import Interactions
from rankdistill.data.sampling import NegativeSampler
from rankdistill.draws.draws import Draws
from rankdistill.stacks.replicas import job_of


class SharedNegatives(NegativeSampler):
    """Draws for each job what its own sampler would draw.

    Args:
        sampler: What all jobs are configured with.
    """

    def __init__(self, sampler: NegativeSampler):
        self._sampler = sampler
        self.exclude_positives = sampler.exclude_positives

    @override
    def prepare(self, train: Interactions) -> None:
        self._num_users = train.num_users
        self._sampler.prepare(train)

    @override
    def draw(self, user_ids: Tensor, num_negatives: int, draws: Draws) -> Tensor:
        order = job_of(user_ids, self._num_users).argsort(stable=True)
        drawn = self._sampler.draw(user_ids[order] % self._num_users, num_negatives, draws)
        found = drawn.new_empty(drawn.shape)
        found[order] = drawn
        return found

    @override
    def draw_shared(self, num_rows: int, num_negatives: int, draws: Draws) -> Tensor:
        # Only the sampled softmax asks for them, which reason_to_train_alone keeps out of stacks.
        raise NotImplementedError("Items that all rows of a batch share are not drawn for stacks.")

    @override
    def log_shares(self, item_ids: Tensor, user_ids: Tensor | None = None) -> Tensor:
        local = None if user_ids is None else user_ids % self._num_users
        return self._sampler.log_shares(item_ids, local)
