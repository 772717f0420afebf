"""Average the ranking metrics over users, batches and processes.

Users without held-out items do not count. Sums are float64, so that the mean over many millions
of users does not depend on how they were cut into batches or spread over processes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torchmetrics import Metric

from rankdistill.metrics.functional import RANKING_METRICS, metric_key, refuse_unknown_names
from rankdistill.metrics.whole_list import MAP_OF_WHOLE_LIST


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
    whole_list_total: Tensor
    num_users: Tensor

    def __init__(self, names: Sequence[str], top_k: Sequence[int]) -> None:
        super().__init__()
        cut = tuple(name for name in names if name != MAP_OF_WHOLE_LIST)
        refuse_unknown_names(cut)
        if not names or not top_k or min(top_k) < 1:
            raise ValueError(
                "names and top_k must not be empty and cut-offs must be at least 1, "
                f"got {list(names)} and {list(top_k)}."
            )
        self.names = cut
        self.has_whole_list = MAP_OF_WHOLE_LIST in names
        self.top_k = tuple(top_k)
        totals = torch.zeros(len(self.names), len(self.top_k), dtype=torch.float64)
        self.add_state("totals", default=totals, dist_reduce_fx="sum")
        whole_list_total = torch.tensor(0.0, dtype=torch.float64)
        self.add_state("whole_list_total", default=whole_list_total, dist_reduce_fx="sum")
        self.add_state("num_users", default=torch.tensor(0), dist_reduce_fx="sum")

    def update(self, hits: Tensor, num_held_out: Tensor, whole_list: Tensor | None = None) -> None:
        """Add a block of users.

        Args:
            hits: (users, ranks) bool from ``rank_hits``, with at least max(top_k) ranks.
            num_held_out: (users,) int64, held-out items of each user; users with 0 do not count.
            whole_list: (users,) from ``whole_list_average_precision``, where "map@all" is wanted.

        Raises:
            ValueError: If shapes do not fit or there are fewer ranks than a cut-off.
        """
        counted = num_held_out > 0
        for total, name in zip(self.totals, self.names, strict=True):
            values = RANKING_METRICS[name](hits, num_held_out, self.top_k)
            total += torch.where(counted[:, None], values, 0).sum(0, dtype=torch.float64)
        if whole_list is not None:
            self.whole_list_total += torch.where(counted, whole_list, 0).sum(dtype=torch.float64)
        self.num_users += counted.sum()

    def _apply(
        self, fn: Callable[[Tensor], Tensor], exclude_state: Sequence[str] = ""
    ) -> torch.nn.Module:
        """Move to another device, but keep the precision of the sums."""
        return super()._apply(lambda state: fn(state).to(state.dtype), exclude_state)

    def compute(self) -> dict[str, Tensor]:
        """Average over the users that count.

        Returns:
            ``{"map@5": () float64, ...}`` in the order of the names, then of the cut-offs;
            "map@all" comes last.

        Raises:
            ValueError: If no user counted.
        """
        if int(self.num_users) == 0:
            raise ValueError(
                "No user with held-out items was evaluated, so the metrics have no value. "
                "Is the evaluation split empty?"
            )
        all_means = self.totals / self.num_users
        whole_list = {MAP_OF_WHOLE_LIST: self.whole_list_total / self.num_users}
        return {
            metric_key(name, k): mean
            for name, means in zip(self.names, all_means, strict=True)
            for k, mean in zip(self.top_k, means, strict=True)
        } | (whole_list if self.has_whole_list else {})
