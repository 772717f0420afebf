"""Weightings of the teacher's positions that differ from job to job of a stack."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from typing_extensions import override

from rankdistill.distillation.in_place import in_place_of
from rankdistill.distillation.interface import DistillationContext, ScoreRows, StudentScores
from rankdistill.distillation.student_rank import StudentRank
from rankdistill.distillation.weighting import (
    DiscrepancyWeighting,
    HybridWeighting,
    UniformWeighting,
    Weighting,
)
from rankdistill.distillation.weights import discrepancy_weights, normalized
from rankdistill.stacks.replicas import job_of

_NEVER = 2**31 - 1


class StackedWeighting(Weighting):
    """Weighs each row as its own job does; positions beyond a job's K weigh nothing.

    Args:
        weightings: Of every job, of the kinds that stack. Where several compare ranks, they find
            them alike.
        lengths: K of every job.
        num_users: Users of one job.
    """

    def __init__(
        self,
        weightings: Sequence[Weighting],
        lengths: Sequence[int],
        num_users: int,
    ):
        self._weightings = weightings
        self._lengths = lengths
        self._num_users = num_users
        self._compared = [
            each if isinstance(each, DiscrepancyWeighting) else None for each in weightings
        ]
        self._student_rank: StudentRank | None = next(
            (each.student_rank for each in self._compared if each is not None), None
        )
        self._compares: Tensor | None = None
        self._of_all_users: Tensor | None = None
        self._starts = [_first_epoch(each) for each in weightings]

    @override
    def prepare(
        self,
        context: DistillationContext,
        teacher_items: Tensor | None,
        top_k: int,
        exclude_seen: bool,
    ) -> None:
        device = context.train.item_ids.device
        self._draws = context.draws
        of_positions = torch.zeros(len(self._weightings), top_k)
        for row, weighting, length in zip(
            of_positions, self._weightings, self._lengths, strict=True
        ):
            assert isinstance(weighting, UniformWeighting | DiscrepancyWeighting)
            row[: min(length, top_k)] = weighting.of_positions(min(length, top_k))
        self._of_positions = of_positions.to(device)
        mu = [1.0 if each is None else each.mu for each in self._compared]
        self._mu = torch.tensor(mu, dtype=torch.float64, device=device)[:, None]
        self._starts_on_device = torch.tensor(self._starts, device=device)[:, None]
        divided = [each is not None and each.normalize for each in self._compared]
        self._is_divided = torch.tensor(divided, device=device)[:, None]
        if self._student_rank is not None:
            self._student_rank.prepare(context, teacher_items, exclude_seen)

    @override
    def refresh(self, student: ScoreRows, epoch: int) -> None:
        if epoch < min(self._starts):
            self._compares = self._of_all_users = None
            return
        assert self._student_rank is not None
        self._student_rank.refresh(student)
        self._compares = in_place_of(self._compares, self._starts_on_device <= epoch)
        ranks = self._student_rank.of_all_users
        if ranks is not None and ranks.shape[1] == self._of_positions.shape[1]:
            jobs = torch.arange(len(ranks), device=ranks.device) // self._num_users
            weights = self._of_ranks(jobs, self._compares, ranks)
            self._of_all_users = in_place_of(self._of_all_users, weights)

    @override
    def __call__(
        self, student: StudentScores, scores: Tensor, positions: Tensor | None = None
    ) -> Tensor:
        user_ids = student.contexts.user_ids
        if self._of_all_users is not None:
            return self._of_all_users.index_select(0, user_ids)
        jobs = job_of(user_ids, self._num_users)
        if self._compares is None:
            return self._of_positions[jobs]
        assert self._student_rank is not None
        with self._draws.by_some(self._compares.squeeze(1)):
            ranks = self._student_rank(student, scores, positions)
        return self._of_ranks(jobs, self._compares, ranks)

    def _of_ranks(self, jobs: Tensor, compares: Tensor, ranks: Tensor) -> Tensor:
        """Weigh rows of jobs by the ranks of their items: (n,) jobs, (n, K) ranks to (n, K)."""
        of_positions = self._of_positions[jobs]
        mu = self._mu.to(torch.get_default_dtype())[jobs]
        compared = of_positions * discrepancy_weights(ranks, mu)
        compared = torch.where(self._is_divided[jobs], normalized(compared), compared)
        return torch.where(compares[jobs], compared, of_positions.to(compared.dtype))


def _first_epoch(weighting: Weighting) -> int:
    """The epoch from which on a job compares ranks, from 0."""
    if not isinstance(weighting, DiscrepancyWeighting):
        return _NEVER
    return weighting.warmup_epochs if isinstance(weighting, HybridWeighting) else 0
