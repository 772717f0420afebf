"""Average the ranking metrics over users, batches and processes.

Who counts is chosen where blocks of users are made. Sums are float64, so that the mean over many
millions of users does not depend on how they were cut into batches or spread over processes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torchmetrics import Metric

from rankdistill.kernels.placement import read_together
from rankdistill.metrics.measuring import metric_keys


class RankingMetrics(Metric):
    """Averages all wanted metrics at all wanted cut-offs in one pass.

    Args:
        names: Keys of ``rankdistill.metrics.functional.RANKING_METRICS``, such as "map", and
            perhaps "map@all".
        top_k: Cut-offs K, each at least 1.

    Raises:
        ValueError: If a name is unknown or there is nothing to compute.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False
    totals: Tensor
    num_users: Tensor

    def __init__(self, names: Sequence[str], top_k: Sequence[int]) -> None:
        super().__init__()
        self.keys = metric_keys(names, top_k)
        totals = torch.zeros(len(self.keys), dtype=torch.float64)
        self.add_state("totals", default=totals, dist_reduce_fx="sum")
        self.add_state("num_users", default=torch.tensor(0), dist_reduce_fx="sum")

    def update(self, values: Mapping[str, Tensor]) -> None:
        """Add a block of users, all of whom count.

        Args:
            values: (users,) of each metric, by names such as "map@5".

        Raises:
            KeyError: If a metric is missing.
        """
        of_metrics = torch.stack([values[key] for key in self.keys])
        self.totals += of_metrics.sum(1, dtype=torch.float64)
        self.num_users += of_metrics.shape[1]

    def _apply(
        self, fn: Callable[[Tensor], Tensor], exclude_state: Sequence[str] = ""
    ) -> torch.nn.Module:
        """Move to another device, but keep the precision of the sums."""
        return super()._apply(lambda state: fn(state).to(state.dtype), exclude_state)

    def compute(self) -> dict[str, Tensor]:
        """Average over the users.

        Returns:
            ``{"map@5": () float64, ...}`` on the CPU, in the order of the names, then of the
            cut-offs; "map@all" comes last.

        Raises:
            ValueError: If there was no user.
        """
        totals, num_users = read_together([self.totals, self.num_users])
        if int(num_users) == 0:
            raise ValueError(
                "No user with held-out items was evaluated, so the metrics have no value. "
                "Is the evaluation split empty?"
            )
        return dict(zip(self.keys, totals / num_users, strict=True))
