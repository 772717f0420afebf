"""Validation metrics of every job of a stack."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from rankdistill.data.batches import EvaluationBlock
from rankdistill.data.interactions import Interactions
from rankdistill.metrics.measuring import measure_users
from rankdistill.modules.recommender import Recommender
from rankdistill.stacks.replicas import job_of


class JobMeasures:
    """Averages metrics over each job's users.

    Args:
        jobs: How many there are.
        train: Training interactions of one job, on the training device.
        lead: A job, whose metrics and cut-offs are those of all.
    """

    def __init__(self, jobs: int, train: Interactions, lead: Recommender):
        self._num_users = train.num_users
        self._names, self._top_k = lead.metric_names, lead.top_k
        device = train.item_ids.device
        self._sums: dict[str, Tensor] = {}
        self._counts = torch.zeros(jobs, dtype=torch.float64, device=device)
        self._faults = torch.zeros(jobs, device=device)

    def add(self, scores: Tensor, block: EvaluationBlock) -> None:
        """Count a block of users.

        Args:
            scores: (block, num_items) raw scores; what is seen is masked here, in place.
            block: The users.
        """
        jobs = job_of(block.contexts.user_ids, self._num_users)
        is_wrong = ~torch.isfinite(scores.sum(1))
        self._faults.index_add_(0, jobs, is_wrong.float())
        scores.masked_fill_(is_wrong[:, None], 0.0)
        scores[block.seen_rows, block.seen_items] = -torch.inf
        self._counts += torch.bincount(jobs, minlength=len(self._counts))
        measured = measure_users(
            scores,
            block.held_out_rows,
            block.held_out_items,
            block.num_held_out,
            self._names,
            self._top_k,
            block.sampled_negatives,
        )
        for name, values in measured.items():
            total = self._sums.setdefault(f"val/{name}", torch.zeros_like(self._counts))
            total.index_add_(0, jobs, values.double())

    @cached_property
    def means(self) -> dict[str, list[float]]:
        """The mean of every metric for each job, by the name of its curve."""
        means = {name: total / self._counts for name, total in self._sums.items()}
        return {name: values.float().tolist() for name, values in means.items()}

    @cached_property
    def has_fault(self) -> list[bool]:
        """Whether a job's scores are not all finite."""
        return (self._faults > 0).tolist()
