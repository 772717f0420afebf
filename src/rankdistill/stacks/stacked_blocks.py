"""Blocks of users to measure: the users of a block, for several jobs at once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch

from rankdistill.data.batches import EvaluationBlock, EvaluationBlocks
from rankdistill.histories.contexts import Contexts


class StackedBlock(NamedTuple):
    """Some users of some jobs.

    Attributes:
        first_job: The first of the jobs, which follow each other.
        num_jobs: How many there are.
        users: The users of one job after the other.
    """

    first_job: int
    num_jobs: int
    users: EvaluationBlock

    @property
    def jobs(self) -> range:
        """The jobs."""
        return range(self.first_job, self.first_job + self.num_jobs)


class StackedBlocks:
    """The users that all jobs are measured on.

    Args:
        blocks: The users of one job.
        num_users: Users of a job, measured or not.
        jobs: How many there are.
        jobs_at_once: Of so many at most a block is ranked at once.
    """

    def __init__(self, blocks: EvaluationBlocks, num_users: int, jobs: int, jobs_at_once: int):
        self.blocks = blocks
        self._num_users = num_users
        self._jobs = jobs
        self._at_once = jobs_at_once

    def __len__(self) -> int:
        return len(self.blocks) * math.ceil(self._jobs / self._at_once)

    def __iter__(self) -> Iterator[StackedBlock]:
        for block in self.blocks:
            for first in range(0, self._jobs, self._at_once):
                jobs = range(first, min(first + self._at_once, self._jobs))
                yield StackedBlock(first, len(jobs), self._repeated(block, jobs))

    def _repeated(self, block: EvaluationBlock, jobs: range) -> EvaluationBlock:
        """The users of a block once for each of some jobs."""
        users, copies = block.contexts.user_ids, len(jobs)
        first_users = torch.arange(jobs.start, jobs.stop, device=users.device) * self._num_users
        first_rows = torch.arange(copies, device=users.device) * len(users)
        return EvaluationBlock(
            Contexts((first_users[:, None] + users).flatten()),
            (first_rows[:, None] + block.seen_rows).flatten(),
            block.seen_items.repeat(copies),
            (first_rows[:, None] + block.held_out_rows).flatten(),
            block.held_out_items.repeat(copies),
            block.num_held_out.repeat(copies),
            sampled_negatives=block.sampled_negatives,
        )
