"""What is measured, and the metric that selects the best epoch."""

from __future__ import annotations

from dataclasses import dataclass

from rankdistill.building import did_you_mean

METRIC_NAMES = ("map", "ndcg", "recall", "precision", "hit_rate", "mrr", "map@all")
"""What can be computed of a ranking; map@all is of the whole of it, and has no cut-off."""


@dataclass(kw_only=True)
class Evaluation:
    """Metrics over the full catalogue.

    Attributes:
        monitor: The validation metric that selects the best epoch, such as val/map@5.
        metrics: Names of the metrics to compute.
        top_k: Their cut-offs.
        user_block: Users ranked at once; fewer where rows_gib has no room for their scores.
        users: Whom models are measured on: known, those with a training item or a history, or
            all.
    """

    monitor: str
    metrics: list[str]
    top_k: list[int]
    user_block: int
    users: str

    def __post_init__(self) -> None:
        for name in self.metrics:
            if name not in METRIC_NAMES:
                raise ValueError(
                    f"evaluation.metrics has {name!r}{did_you_mean(name, METRIC_NAMES)}"
                )
        for name in ("metrics", "top_k"):
            if not getattr(self, name):
                raise ValueError(f"evaluation.{name} is empty: nothing would be measured.")
        cut = [name for name in self.metrics if "@" not in name]
        computed = {f"val/{name}@{k}" for name in cut for k in self.top_k}
        computed |= {f"val/{name}" for name in self.metrics if "@" in name}
        if self.monitor not in computed:
            raise ValueError(
                f"evaluation.monitor is {self.monitor!r}, which is not computed"
                f"{did_you_mean(self.monitor, sorted(computed))}"
            )
