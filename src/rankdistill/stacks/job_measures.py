"""Validation metrics of every job of a stack."""

from __future__ import annotations

import torch
from torch import Tensor

from rankdistill.metrics.measuring import measure_users, metric_keys
from rankdistill.modules.recommender import Recommender
from rankdistill.stacks.stacked_blocks import StackedBlock


class JobMeasures:
    """Averages metrics over each job's users, on the device.

    Args:
        jobs: How many there are.
        num_users: Users that each job is measured on.
        lead: A job, whose metrics and cut-offs are those of all.
        device: Where scores lie.

    Attributes:
        names: The curves of the metrics.
        faults: (jobs,) users of each job whose scores are not all finite.
    """

    def __init__(self, jobs: int, num_users: int, lead: Recommender, device: torch.device):
        self._metrics, self._top_k = lead.metric_names, lead.top_k
        self._keys = metric_keys(self._metrics, self._top_k)
        self.names = [f"val/{key}" for key in self._keys]
        self._num_users = num_users
        self._sums = torch.zeros(len(self.names), jobs, dtype=torch.float64, device=device)
        self.faults = torch.zeros(jobs, dtype=torch.int64, device=device)

    def add(self, scores: Tensor, block: StackedBlock) -> None:
        """Count a block of users.

        Args:
            scores: (block, num_items) raw scores; what is seen is masked here, in place.
            block: The users.
        """
        users, some = block.users, slice(block.jobs.start, block.jobs.stop)
        is_wrong = ~torch.isfinite(scores.sum(1))
        self.faults[some] += is_wrong.view(block.num_jobs, -1).sum(1)
        scores[users.seen_rows, users.seen_items] = -torch.inf
        measured = measure_users(
            scores,
            users.held_out_rows,
            users.held_out_items,
            users.num_held_out,
            self._metrics,
            self._top_k,
            users.sampled_negatives,
            are_sound=True,
        )
        values = torch.stack([measured[key] for key in self._keys])
        by_job = values.view(len(values), block.num_jobs, -1)
        self._sums[:, some] += by_job.sum(2, dtype=torch.float64)

    @property
    def means(self) -> Tensor:
        """(metrics, jobs) float32, in the order of the names."""
        return (self._sums / self._num_users).float()
