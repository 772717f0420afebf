"""The runs of a cascade: what each ranker leaves in its folder, and all of them side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rankdistill.cascade.data.score_log import LogCounts
from rankdistill.cascade.evaluation.comparison import UserMetrics
from rankdistill.cascade.runs.bench import Measured
from rankdistill.cascade.runs.log_variants import LogVariant
from rankdistill.files import write_json_atomically
from rankdistill.runs.fit import METRICS
from rankdistill.runs.per_user import write_per_user


@dataclass(frozen=True, eq=False)
class RankerRun:
    """One trained and measured ranker.

    Attributes:
        seed: The seed of everything that was drawn.
        fields: Sizes and times from ``fit_ranker``.
        measured: Its metrics.
        log: Counts of the log that it learned from; None without a log.
    """

    seed: int
    fields: dict[str, Any]
    measured: Measured
    log: LogCounts | None = None

    @property
    def record(self) -> dict[str, Any]:
        """Its part of a result: seed, metrics, sizes and times."""
        return {"seed": self.seed, **self.fields, "metrics": self.measured.metrics}

    def write(self, folder: Path) -> None:
        """Write per_user.npz, and metrics.json last."""
        folder.mkdir(parents=True, exist_ok=True)
        write_per_user(folder, self.measured.per_user)
        write_json_atomically(folder / METRICS, {"status": "ok", **self.record})


VariantRuns = tuple[str, LogVariant, list[RankerRun]]
"""A student, its log variant, and a run per seed."""


@dataclass
class CascadeRuns:
    """The runs of all seeds.

    Attributes:
        by_model: One run per seed of the final ranker and of each student on the main log.
        by_variant: Students on other logs, by the name of the folder.
        costs: From ``ranker_costs``; empty before the first student is trained.
        rescoring: What scoring further candidates cost each seed; see ``TeacherLog``.
    """

    by_model: dict[str, list[RankerRun]] = field(default_factory=dict)
    by_variant: dict[str, VariantRuns] = field(default_factory=dict)
    costs: dict[str, Any] = field(default_factory=dict)
    rescoring: list[dict[str, float]] = field(default_factory=list)

    def add(self, model: str, run: RankerRun) -> None:
        """Add a run of the final ranker, or of a student on the main log."""
        self.by_model.setdefault(model, []).append(run)

    def add_variant(self, folder: str, student: str, variant: LogVariant, run: RankerRun) -> None:
        """Add a run of a student on another log."""
        self.by_variant.setdefault(folder, (student, variant, []))[2].append(run)


def mean_user_metrics(runs: list[RankerRun]) -> UserMetrics:
    """(num_users,) test values by metric, means over the seeds."""
    each = [run.measured.per_user for run in runs]
    names = [name for name in each[0] if name != "user_ids"]
    return {name: np.mean([values[name] for values in each], axis=0) for name in names}
