"""What is measured, and the metric that selects the best epoch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from rankdistill.building import did_you_mean

METRIC_NAMES = ("map", "ndcg", "recall", "precision", "hit_rate", "mrr", "map@all")
"""What can be computed of a ranking; map@all is of the whole of it, and has no cut-off."""

_LATER = (("masked_at_test", "all"), ("sampled_negatives", None))
"""Settings that did not exist at first, with the values that change nothing."""


@dataclass(kw_only=True)
class Evaluation:
    """Metrics, and the protocol by which they are measured.

    Attributes:
        monitor: The validation metric that selects the best epoch, such as val/map@5.
        metrics: Names of the metrics to compute.
        top_k: Their cut-offs.
        user_block: Users ranked at once; fewer where rows_gib has no room for their scores.
        users: Whom means are over: known users, with a training item or a history, all with
            held-out items, or every user, where those without count 0.
        masked_at_test: Items of a user that take no place at test: all others, or those of
            training alone.
        sampled_negatives: Each held-out item is ranked among so many sampled items; None: all.
    """

    monitor: str
    metrics: list[str]
    top_k: list[int]
    user_block: int
    users: str
    masked_at_test: str
    sampled_negatives: int | None

    def __post_init__(self) -> None:
        for name in self.metrics:
            if name not in METRIC_NAMES:
                raise ValueError(
                    f"evaluation.metrics has {name!r}{did_you_mean(name, METRIC_NAMES)}"
                )
        for name in ("metrics", "top_k"):
            if not getattr(self, name):
                raise ValueError(f"evaluation.{name} is empty: nothing would be measured.")
        if self.sampled_negatives is not None and "map@all" in self.metrics:
            raise ValueError(
                "map@all ranks the whole catalogue, and evaluation.sampled_negatives="
                f"{self.sampled_negatives} a sample: leave map@all out of evaluation.metrics, or "
                "type evaluation.sampled_negatives=null."
            )
        cut = [name for name in self.metrics if "@" not in name]
        computed = {f"val/{name}@{k}" for name in cut for k in self.top_k}
        computed |= {f"val/{name}" for name in self.metrics if "@" in name}
        if self.monitor not in computed:
            raise ValueError(
                f"evaluation.monitor is {self.monitor!r}, which is not computed"
                f"{did_you_mean(self.monitor, sorted(computed))}"
            )

    @property
    def identity(self) -> dict[str, Any]:
        """What shapes results; later settings are left out where off, for models stored earlier."""
        settings = {key: value for key, value in asdict(self).items() if key != "user_block"}
        return {key: value for key, value in settings.items() if (key, value) not in _LATER}
