"""The runs of a cascade: what each ranker leaves in its folder, and all of them side by side."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from rankdistill.cascade.data.score_log import LogCounts
from rankdistill.cascade.evaluation.comparison import UserMetrics
from rankdistill.cascade.runs.bench import Measured
from rankdistill.cascade.runs.log_variants import LogVariant
from rankdistill.files import write_json_atomically
from rankdistill.rank_files.rank_file import RANK_FILE
from rankdistill.runs.fit import METRICS
from rankdistill.runs.per_user import PER_USER, write_per_user


@dataclass(frozen=True, eq=False)
class RankerRun:
    """One trained and measured ranker.

    Attributes:
        seed: The seed of everything that was drawn.
        fields: Sizes and times from ``fit_ranker``.
        measured: Its metrics.
        log: Counts of the log that it learned from; None without a log.
        rescoring: What it cost to score the further candidates of its log; see ``TeacherLog``.
    """

    seed: int
    fields: dict[str, Any]
    measured: Measured
    log: LogCounts | None = None
    rescoring: dict[str, float] = field(default_factory=dict)

    @property
    def record(self) -> dict[str, Any]:
        """Its part of a result: seed, metrics, sizes and times."""
        return {"seed": self.seed, **self.fields, "metrics": self.measured.metrics}

    def write(self, folder: Path, shape: str) -> None:
        """Write per_user.npz, and metrics.json last.

        Args:
            folder: The ranker's.
            shape: Digits over everything that the run depends on.
        """
        folder.mkdir(parents=True, exist_ok=True)
        write_per_user(folder, self.measured.per_user)
        log = None if self.log is None else asdict(self.log)
        more = {"shape": shape, "log": log, "rescoring": self.rescoring}
        write_json_atomically(folder / METRICS, {"status": "ok", **self.record, **more})


def finished_run(folder: Path, shape: str, model: str | None = RANK_FILE) -> RankerRun | None:
    """Read the run that a folder holds; None unless it is complete and of this shape.

    Args:
        folder: A ranker's.
        shape: Digits over everything that the run depends on.
        model: Name of the file with what is served; None: the ranker is kept elsewhere.
    """
    needed = [METRICS, PER_USER, *([] if model is None else [model])]
    if not all((folder / name).is_file() for name in needed):
        return None
    try:
        record = json.loads((folder / METRICS).read_text())
        with (folder / PER_USER).open("rb") as stream:
            per_user = dict(np.load(stream, allow_pickle=False))
    except (ValueError, OSError, BadZipFile):  # damaged: the ranker is trained anew
        return None
    if not isinstance(record, dict) or record.pop("shape", None) != shape:
        return None
    record.pop("status")
    log, rescoring = record.pop("log"), record.pop("rescoring")
    measured = Measured(record.pop("metrics"), per_user)
    counts = None if log is None else LogCounts(**log)
    return RankerRun(record.pop("seed"), record, measured, counts, rescoring)


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

    def extend(self, others: CascadeRuns) -> None:
        """Add the runs of further seeds."""
        for model, runs in others.by_model.items():
            self.by_model.setdefault(model, []).extend(runs)
        for folder, (student, variant, runs) in others.by_variant.items():
            self.by_variant.setdefault(folder, (student, variant, []))[2].extend(runs)
        self.rescoring.extend(others.rescoring)

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
