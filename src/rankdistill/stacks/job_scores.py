"""The student's view of a stack's batch, in which every job's rows weigh what the job says."""

from __future__ import annotations

from torch import Tensor

from rankdistill.distillation.interface import StudentScores
from rankdistill.modules.weighed_scores import WeighedScores
from rankdistill.stacks.replicas import job_of


def weighed_by_job(scores: StudentScores, factors: Tensor, num_users: int) -> StudentScores:
    """Weigh rows, so that a mean over the batch becomes the sum of the jobs' own means.

    Args:
        scores: The view of the whole batch; jobs have equally many rows, or pairs.
        factors: (jobs,) of each job's loss, with gradient if the losses are wanted.
        num_users: Users of one job.
    """
    every = len(factors) * factors
    return WeighedScores(
        scores, lambda contexts: every.index_select(0, job_of(contexts.user_ids, num_users))
    )
